-- Who may see and do what. Of passwords an Argon2id hash is kept, of sessions and links a SHA-256.
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password TEXT,
    created_at TIMESTAMP NOT NULL
);
-- A role on a unit and everything below it, or, without a unit, everywhere.
CREATE TABLE grants (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('administrator', 'analyst', 'manager', 'viewer', 'export')),
    unit_id INTEGER REFERENCES units (id)
);
CREATE UNIQUE INDEX grants_once ON grants (account_id, role, COALESCE(unit_id, 0));
-- A link with which an account's password is set, once.
CREATE TABLE account_links (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    expires_at TIMESTAMP NOT NULL
);
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
-- What programs sign in with: a role of its own, and where.
CREATE TABLE api_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('administrator', 'analyst', 'manager', 'viewer', 'export')),
    unit_id INTEGER REFERENCES units (id),
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
