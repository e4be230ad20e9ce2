-- How many responses a quota of a survey has taken; counted in the transaction that stores the response.
CREATE TABLE quota_counts (
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    quota TEXT NOT NULL,
    taken INTEGER NOT NULL,
    PRIMARY KEY (survey_id, quota)
);
