-- What needs a person, by name, with the way out. One open row per name and subject: raised again it only counts.
CREATE TABLE alert (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- what it is about in general, for example sink-cannot-follow-schema; fixed for ever
    name              text        NOT NULL CHECK (name ~ '^[a-z][a-z0-9-]*$'),
    severity          text        NOT NULL CHECK (severity IN ('WARNING', 'CRITICAL')),
    -- what it is about in particular, for example shop/public.orders/elasticsearch
    subject           text        NOT NULL,
    source            text        REFERENCES source (name) ON DELETE CASCADE,
    table_id          bigint      REFERENCES captured_table (id) ON DELETE CASCADE,
    sink              text,
    message           text        NOT NULL,
    way_out           text        NOT NULL,
    occurrences       integer     NOT NULL DEFAULT 1,
    raised_at         timestamptz NOT NULL DEFAULT now(),
    last_raised_at    timestamptz NOT NULL DEFAULT now(),
    resolved_at       timestamptz,
    -- null where what it was about passed by itself
    resolved_by       text
);
CREATE UNIQUE INDEX alert_open ON alert (name, subject) WHERE resolved_at IS NULL;
CREATE INDEX alert_by_table ON alert (table_id) WHERE table_id IS NOT NULL;

-- Which relation of the source a registered table is: names change, OIDs do not.
CREATE TABLE table_relation (
    table_id          bigint      PRIMARY KEY REFERENCES captured_table (id) ON DELETE CASCADE,
    relation_oid      bigint      NOT NULL,
    -- as the source calls it now, where that is no longer the registered name
    present_schema    text,
    present_name      text,
    -- the leaves of a partitioned table whose rows are in the sinks, or on their way: OID and file node, which TRUNCATE changes
    partitions        text[],
    -- why the rows have to be read again once no snapshot is open; null where they need not be
    reread_reason     text
);

COMMENT ON COLUMN table_schema.first_lsn IS
    'Commit LSN of the first change under this version. Null: version 1, from the beginning; a later one, seen by a snapshot before the stream came to it.';
