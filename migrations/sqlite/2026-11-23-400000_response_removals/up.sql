-- How many responses of a survey were ever removed: whoever has read the others notices by it, without counting them all.
CREATE TABLE response_removals (
    survey_id INTEGER PRIMARY KEY NOT NULL,
    removed BIGINT NOT NULL
);
CREATE TRIGGER removed_responses_are_counted AFTER DELETE ON responses
BEGIN
    INSERT OR IGNORE INTO response_removals (survey_id, removed) VALUES (OLD.survey_id, 0);
    UPDATE response_removals SET removed = removed + 1 WHERE survey_id = OLD.survey_id;
END;
