-- Reports that are kept and mailed when their time has come. `pattern` is a cron expression, in UTC.
CREATE TABLE report_schedules (
    id INTEGER PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    survey_id INTEGER NOT NULL REFERENCES surveys (id),
    unit_id INTEGER REFERENCES units (id),
    pattern TEXT NOT NULL,
    days TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    next_at TIMESTAMP NOT NULL
);
-- A mail of a report to one person, until it is taken or given up.
CREATE TABLE report_mails (
    id INTEGER PRIMARY KEY NOT NULL,
    schedule_id INTEGER NOT NULL REFERENCES report_schedules (id) ON DELETE CASCADE,
    due_at TIMESTAMP NOT NULL,
    email TEXT NOT NULL,
    report_number INTEGER REFERENCES kept_reports (number),
    status TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try TIMESTAMP NOT NULL,
    UNIQUE (schedule_id, due_at, email)
);
CREATE INDEX report_mails_waiting ON report_mails (next_try) WHERE status = 'waiting';
