-- Who did what, when: only ever added to. Each entry's hash is over its content and the hash before it.
CREATE TABLE audit_entries (
    number INTEGER PRIMARY KEY NOT NULL,
    noted_at TIMESTAMP NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor, number);
CREATE TRIGGER audit_entries_never_change BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'an audit entry never changes');
END;
CREATE TRIGGER audit_entries_never_go BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'an audit entry never goes');
END;
