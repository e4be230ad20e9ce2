DROP TABLE report_mails;
DROP TABLE report_schedules;
