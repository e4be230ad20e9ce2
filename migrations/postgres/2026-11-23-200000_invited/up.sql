-- Whether a response came by a personal link: what such a link says of its guest, the guest's house cannot make up.
-- Never for an anonymous survey.
ALTER TABLE responses ADD COLUMN invited BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE responses SET invited = TRUE WHERE receipt IN (SELECT receipt FROM invitations WHERE receipt IS NOT NULL);
