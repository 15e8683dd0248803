-- The sinks that workers run, as they publish them; what pages and the API offer.
CREATE TABLE sink (
    name              text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,62}$'),
    title             text        NOT NULL,
    purpose           text        NOT NULL,
    -- whether rows must be told apart by a key
    needs_key         boolean     NOT NULL,
    published_at      timestamptz NOT NULL DEFAULT now()
);

-- Effects that cannot be taken back are claimed before they are tried and marked when they are known to have taken place. An event
-- has one row: seen_at is then the time at which it was captured, the same at each delivery.
ALTER TABLE deduplication ADD COLUMN holder text;
ALTER TABLE deduplication ADD COLUMN claimed_at timestamptz;
ALTER TABLE deduplication ADD COLUMN claims integer NOT NULL DEFAULT 1;
ALTER TABLE deduplication ADD COLUMN accepted_at timestamptz;
