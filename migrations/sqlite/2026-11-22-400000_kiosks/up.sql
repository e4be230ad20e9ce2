-- Devices on which guests answer one after the other. Of token and code only hashes are kept.
CREATE TABLE kiosks (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    unit_id INTEGER REFERENCES units (id),
    token_hash TEXT NOT NULL UNIQUE,
    code_hash TEXT NOT NULL,
    idle_seconds INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'revoked'))
);
