DROP TABLE contacts;
DROP TABLE stays;
DROP TABLE unit_changes;
ALTER TABLE units DROP COLUMN merged_into;
ALTER TABLE units DROP COLUMN active_to;
ALTER TABLE units DROP COLUMN active_from;
ALTER TABLE units DROP COLUMN locale;
ALTER TABLE units DROP COLUMN time_zone;
ALTER TABLE units DROP COLUMN names;
