-- Ratings of responses, thousands in a row, so that a server that starts reads some bytes of each response, not all of it.
-- A row has every response of its survey after one id up to another; when one of them goes, the row goes.
CREATE TABLE packed_ratings (
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    after_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    -- Ids of the questions whose answers are in it, separated by spaces.
    picked TEXT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (survey_id, after_id)
);
CREATE FUNCTION unpack_removed_responses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever packs locks this table first, so this waits until what is being packed is there, and sees it.
    DELETE FROM packed_ratings AS packed USING gone
    WHERE packed.survey_id = gone.survey_id AND packed.after_id < gone.id AND packed.last_id >= gone.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER removed_responses_are_unpacked AFTER DELETE ON responses
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION unpack_removed_responses();
