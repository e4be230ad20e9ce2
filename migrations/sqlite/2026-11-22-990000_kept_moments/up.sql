-- What is kept of responses whose time is over: counts, sums and cross-products of their ratings, of at least so many
-- responses of a unit and month as figures need. `indicators` are ids separated by spaces, in the order of `numbers`.
CREATE TABLE kept_moments (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    unit_id INTEGER REFERENCES units (id),
    -- Such as 2026-03.
    month TEXT NOT NULL,
    flagged BOOLEAN NOT NULL,
    indicators TEXT NOT NULL,
    numbers TEXT NOT NULL
);
CREATE INDEX kept_moments_by_survey ON kept_moments (survey_id);

-- A leaf whose response was forgotten when its time was over.
CREATE TABLE new_seal_leaves (
    position INTEGER PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL,
    salt TEXT,
    response_id INTEGER UNIQUE,
    fate TEXT NOT NULL CHECK (fate IN ('kept', 'corrected', 'withdrawn', 'expired'))
);
INSERT INTO new_seal_leaves SELECT position, hash, salt, response_id, fate FROM seal_leaves;
DROP TABLE seal_leaves;
ALTER TABLE new_seal_leaves RENAME TO seal_leaves;
