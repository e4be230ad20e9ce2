DROP TABLE kept_moments;
