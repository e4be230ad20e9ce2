-- Ratings of responses, thousands in a row, so that a server that starts reads some bytes of each response, not all of it.
-- A row has every response of its survey after one id up to another; when one of them goes, the row goes.
CREATE TABLE packed_ratings (
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    after_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    -- Ids of the questions whose answers are in it, separated by spaces.
    picked TEXT NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (survey_id, after_id)
);
CREATE TRIGGER removed_responses_are_unpacked AFTER DELETE ON responses
BEGIN
    DELETE FROM packed_ratings
    WHERE survey_id = OLD.survey_id
        AND after_id = (
            SELECT max(after_id) FROM packed_ratings WHERE survey_id = OLD.survey_id AND after_id < OLD.id
        )
        AND last_id >= OLD.id;
END;
