-- The chain that proves what was stored (docs/sealing.md). It holds hashes alone: responses can go, the chain stays.
CREATE TABLE seals (
    number INTEGER PRIMARY KEY NOT NULL,
    sealed_on TEXT NOT NULL,
    last_position INTEGER NOT NULL,
    hash TEXT NOT NULL
);

-- One leaf a response, in the order of sealing. `salt` and `response_id` go with the response.
CREATE TABLE seal_leaves (
    position INTEGER PRIMARY KEY NOT NULL,
    hash TEXT NOT NULL,
    salt TEXT,
    response_id INTEGER UNIQUE,
    fate TEXT NOT NULL CHECK (fate IN ('kept', 'corrected', 'withdrawn'))
);
