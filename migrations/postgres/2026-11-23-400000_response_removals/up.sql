-- How many responses of a survey were ever removed: whoever has read the others notices by it, without counting them all.
CREATE TABLE response_removals (
    survey_id BIGINT PRIMARY KEY,
    removed BIGINT NOT NULL
);
CREATE FUNCTION count_removed_responses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO response_removals (survey_id, removed)
    SELECT survey_id, count(*) FROM gone GROUP BY survey_id ORDER BY survey_id
    ON CONFLICT (survey_id) DO UPDATE SET removed = response_removals.removed + excluded.removed;
    RETURN NULL;
END
$$;
CREATE TRIGGER removed_responses_are_counted AFTER DELETE ON responses
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_removed_responses();
