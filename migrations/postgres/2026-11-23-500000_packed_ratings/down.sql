DROP TRIGGER removed_responses_are_unpacked ON responses;
DROP FUNCTION unpack_removed_responses;
DROP TABLE packed_ratings;
