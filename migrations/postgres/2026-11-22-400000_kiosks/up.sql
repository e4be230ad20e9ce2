-- Devices on which guests answer one after the other. Of token and code only hashes are kept.
CREATE TABLE kiosks (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL UNIQUE,
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    unit_id BIGINT REFERENCES units (id),
    token_hash TEXT NOT NULL UNIQUE,
    code_hash TEXT NOT NULL,
    idle_seconds BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked'))
);
