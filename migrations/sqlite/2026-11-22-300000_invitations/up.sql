-- Personal links. Of the token only a hash is kept. For anonymous surveys nothing here leads to the response.
CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    token_hash TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    unit_id INTEGER REFERENCES units (id),
    language TEXT,
    given TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'used', 'revoked')),
    expires_at TIMESTAMP,
    receipt TEXT
);

CREATE INDEX invitations_by_survey ON invitations (survey_id, reference);

-- What a guest with a personal link has answered so far. Gone with the response.
CREATE TABLE drafts (
    invitation_id INTEGER PRIMARY KEY NOT NULL REFERENCES invitations (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    attempt_key TEXT NOT NULL,
    page TEXT NOT NULL,
    answers TEXT NOT NULL
);

-- Responses to anonymous surveys until there are enough to be stored in another order than they came in.
CREATE TABLE waiting_responses (
    attempt_key TEXT PRIMARY KEY NOT NULL,
    receipt TEXT NOT NULL UNIQUE,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    unit_id INTEGER REFERENCES units (id),
    language TEXT NOT NULL,
    submitted_at TIMESTAMP NOT NULL,
    answers TEXT NOT NULL,
    indicators BLOB NOT NULL
) WITHOUT ROWID;
