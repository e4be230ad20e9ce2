-- Whose responses a group is of, also when none of them is left; nothing for groups that were made before.
ALTER TABLE publication_blocks ADD COLUMN unit_id INTEGER;
ALTER TABLE publication_blocks ADD COLUMN flagged BOOLEAN;
