DROP TABLE openid_attempts;
DROP TABLE devices;
ALTER TABLE sessions DROP COLUMN tries;
ALTER TABLE sessions DROP COLUMN step;
DROP TABLE recovery_codes;
DROP INDEX accounts_by_openid;
ALTER TABLE accounts DROP COLUMN openid;
ALTER TABLE accounts DROP COLUMN totp_step;
ALTER TABLE accounts DROP COLUMN totp;
