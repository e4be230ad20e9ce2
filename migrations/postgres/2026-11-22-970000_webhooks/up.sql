-- Where events are sent. Secrets are kept as they are: each message is signed with one.
CREATE TABLE webhooks (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- Signs beside the new one until then.
    former_secret TEXT,
    former_until TIMESTAMP,
    -- Names of events, separated by spaces.
    events TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at TIMESTAMP NOT NULL,
    -- The last audit entry that was looked at.
    audit_number BIGINT NOT NULL
);
-- The last response of each survey that a webhook was told of.
CREATE TABLE webhook_marks (
    webhook_id BIGINT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    survey_id BIGINT NOT NULL REFERENCES surveys (id) ON DELETE CASCADE,
    response_id BIGINT NOT NULL,
    PRIMARY KEY (webhook_id, survey_id)
);
-- Messages, each until it is taken or given up.
CREATE TABLE deliveries (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    webhook_id BIGINT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    message_id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'dead')),
    attempts BIGINT NOT NULL,
    next_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (status, next_at);
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, id);
-- Each try, and what came back.
CREATE TABLE delivery_attempts (
    id BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    tried_at TIMESTAMP NOT NULL,
    -- HTTP status, if there was one.
    answer BIGINT,
    error TEXT NOT NULL,
    milliseconds BIGINT NOT NULL
);
CREATE INDEX delivery_attempts_by_delivery ON delivery_attempts (delivery_id, id);
