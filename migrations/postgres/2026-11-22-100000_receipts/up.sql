-- Responses that guests took back: nothing of the answers is left, only that the attempt may not be stored again.
CREATE TABLE withdrawals (
    receipt TEXT PRIMARY KEY NOT NULL,
    attempt_key TEXT NOT NULL UNIQUE,
    survey_id BIGINT NOT NULL REFERENCES surveys (id)
);
