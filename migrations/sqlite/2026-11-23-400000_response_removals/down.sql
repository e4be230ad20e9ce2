DROP TRIGGER removed_responses_are_counted;
DROP TABLE response_removals;
