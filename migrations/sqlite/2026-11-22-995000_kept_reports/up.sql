-- Index reports that stay as they were made. `content` is JSON, whose bytes are compared when it is made again from what
-- `made_of` says (JSON).
CREATE TABLE kept_reports (
    number INTEGER PRIMARY KEY NOT NULL,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    revision_id INTEGER NOT NULL REFERENCES revisions (id),
    kept_at TIMESTAMP NOT NULL,
    kept_by TEXT NOT NULL,
    made_of TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE TRIGGER kept_reports_never_change BEFORE UPDATE ON kept_reports
BEGIN
    SELECT RAISE(ABORT, 'kept reports never change');
END;
