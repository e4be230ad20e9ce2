-- How many guests were invited in a month, and how many of them have answered: kept up to date by whatever makes, revokes
-- or uses a personal link. Links from before count nowhere.
CREATE TABLE invitation_months (
    survey_id BIGINT NOT NULL REFERENCES surveys (id),
    -- 0 for none.
    unit_id BIGINT NOT NULL,
    -- Such as 2026-11.
    month TEXT NOT NULL,
    invited BIGINT NOT NULL,
    answered BIGINT NOT NULL,
    PRIMARY KEY (survey_id, unit_id, month)
);
ALTER TABLE invitations ADD COLUMN month TEXT NOT NULL DEFAULT '';
