DROP TABLE kept_reports;
