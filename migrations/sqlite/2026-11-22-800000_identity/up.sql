-- A second factor (RFC 6238): the secret in base 32, and the last step whose code was used.
ALTER TABLE accounts ADD COLUMN totp TEXT;
ALTER TABLE accounts ADD COLUMN totp_step INTEGER;
-- Who the account is at the OpenID provider: issuer and subject, separated by a space.
ALTER TABLE accounts ADD COLUMN openid TEXT;
CREATE UNIQUE INDEX accounts_by_openid ON accounts (openid);
-- Codes for when the second factor is lost, each good once.
CREATE TABLE recovery_codes (
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);
-- What is still wanted before a session is one: nothing, a code, or setting up a second factor; and the wrong codes.
ALTER TABLE sessions ADD COLUMN step TEXT NOT NULL DEFAULT 'done' CHECK (step IN ('done', 'code', 'enrol'));
ALTER TABLE sessions ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
-- Browsers that have signed in before: others' wrong passwords do not keep them out.
CREATE TABLE devices (
    token_hash TEXT PRIMARY KEY NOT NULL,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    seen_at TIMESTAMP NOT NULL
);
CREATE INDEX devices_by_account ON devices (account_id);
-- Ways to the OpenID provider that have begun: what must come back, and where to go then.
CREATE TABLE openid_attempts (
    state_hash TEXT PRIMARY KEY NOT NULL,
    verifier TEXT NOT NULL,
    nonce TEXT NOT NULL,
    next TEXT NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
