-- Index reports that stay as they were made. `content` is JSON, whose bytes are compared when it is made again from what
-- `made_of` says (JSON).
CREATE TABLE kept_reports (
    number BIGINT PRIMARY KEY NOT NULL,
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    revision_id BIGINT NOT NULL REFERENCES revisions (id),
    kept_at TIMESTAMP NOT NULL,
    kept_by TEXT NOT NULL,
    made_of TEXT NOT NULL,
    content TEXT NOT NULL
);
CREATE FUNCTION refuse_change_of_kept_report() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'kept reports never change';
END
$$;
CREATE TRIGGER kept_reports_never_change BEFORE UPDATE ON kept_reports
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_kept_report();
