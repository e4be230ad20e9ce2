ALTER TABLE surveys DROP COLUMN revision_id;
DROP TABLE responses;
DROP TABLE revisions;
DROP TABLE surveys;
DROP TABLE units;
DROP FUNCTION refuse_change;
