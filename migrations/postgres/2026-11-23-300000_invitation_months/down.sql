ALTER TABLE invitations DROP COLUMN month;
DROP TABLE invitation_months;
