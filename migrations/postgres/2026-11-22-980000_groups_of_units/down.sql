ALTER TABLE publication_blocks DROP COLUMN flagged;
ALTER TABLE publication_blocks DROP COLUMN unit_id;
