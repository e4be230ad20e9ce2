-- Groups of responses that are published together to those who may not read single ones. What is shown is a sum over
-- whole groups, so that no difference of two figures is about fewer. `members` are ids of responses, separated by
-- spaces; a group that has lost one is never shown again.
CREATE TABLE publication_blocks (
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    number INTEGER NOT NULL,
    members TEXT NOT NULL,
    PRIMARY KEY (survey_id, number)
);
