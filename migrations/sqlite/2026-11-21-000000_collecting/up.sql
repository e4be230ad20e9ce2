-- AUTOINCREMENT: an id is never given twice, so what a process remembers by id stays true.

-- Units: the hierarchy whose satisfaction is measured (group, region, property).
CREATE TABLE units (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    parent_id INTEGER REFERENCES units (id)
);

CREATE TABLE surveys (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    slug TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('published', 'closed')),
    revision_id INTEGER REFERENCES revisions (id),
    created_at TIMESTAMP NOT NULL
);

-- A published revision: the template as it was, forever.
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    content_hash TEXT NOT NULL,
    version TEXT NOT NULL,
    template TEXT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    UNIQUE (survey_id, content_hash)
);

CREATE TRIGGER revisions_never_change BEFORE UPDATE ON revisions
BEGIN
    SELECT RAISE(ABORT, 'a published revision never changes');
END;

-- One row a response. `answers` is JSON by question id; `indicators` one byte per rated question of the
-- revision, in the order of its questions, 255 for no rating.
CREATE TABLE responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    unit_id INTEGER REFERENCES units (id),
    attempt_key TEXT NOT NULL UNIQUE,
    receipt TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    submitted_at TIMESTAMP NOT NULL,
    answers TEXT NOT NULL,
    indicators BLOB NOT NULL
);

CREATE INDEX responses_by_survey ON responses (survey_id, id);
