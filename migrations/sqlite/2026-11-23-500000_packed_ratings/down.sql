DROP TRIGGER removed_responses_are_unpacked;
DROP TABLE packed_ratings;
