DROP TRIGGER removed_responses_are_counted ON responses;
DROP FUNCTION count_removed_responses;
DROP TABLE response_removals;
