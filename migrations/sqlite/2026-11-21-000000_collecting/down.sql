UPDATE surveys SET revision_id = NULL;
DROP TABLE responses;
DROP TABLE revisions;
DROP TABLE surveys;
DROP TABLE units;
