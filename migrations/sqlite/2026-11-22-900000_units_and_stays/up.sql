-- Names by language (JSON), time zone (IANA) and locale (BCP 47), first and last day in use, and what a unit became.
ALTER TABLE units ADD COLUMN names TEXT NOT NULL DEFAULT '{}';
ALTER TABLE units ADD COLUMN time_zone TEXT;
ALTER TABLE units ADD COLUMN locale TEXT;
ALTER TABLE units ADD COLUMN active_from TEXT;
ALTER TABLE units ADD COLUMN active_to TEXT;
ALTER TABLE units ADD COLUMN merged_into INTEGER REFERENCES units (id);
-- What became of units: moved, merged, renamed. `change` is JSON, what was and what is.
CREATE TABLE unit_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    unit_id INTEGER NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    changed_at TIMESTAMP NOT NULL,
    change TEXT NOT NULL
);
CREATE INDEX unit_changes_by_unit ON unit_changes (unit_id, id);
-- Stays as the property system knows them, by its own key. Nothing in here reaches a guest.
CREATE TABLE stays (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    stay_key TEXT NOT NULL,
    unit_id INTEGER NOT NULL REFERENCES units (id),
    arrival TEXT NOT NULL,
    departure TEXT NOT NULL,
    room_type TEXT,
    rate_plan TEXT,
    channel TEXT,
    purpose TEXT,
    party INTEGER,
    country TEXT,
    language TEXT,
    loyalty_tier TEXT,
    -- In hundredths of the currency.
    revenue INTEGER,
    cost INTEGER,
    currency TEXT,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (unit_id, stay_key)
);
CREATE INDEX stays_by_departure ON stays (departure);
-- How guests are reached, apart from what they did and said.
CREATE TABLE contacts (
    stay_id INTEGER PRIMARY KEY NOT NULL REFERENCES stays (id) ON DELETE CASCADE,
    name TEXT,
    email TEXT,
    phone TEXT,
    -- Whether, and when by the property's own record, the guest agreed to be asked.
    consent TEXT NOT NULL CHECK (consent IN ('yes', 'no', 'unknown'))
);
CREATE INDEX contacts_by_email ON contacts (email);
