DROP TABLE kept_reports;
DROP FUNCTION refuse_change_of_kept_report;
