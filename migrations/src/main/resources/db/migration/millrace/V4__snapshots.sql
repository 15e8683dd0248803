-- Snapshots on request, and rows that are to be read again.

ALTER TABLE table_snapshot DROP CONSTRAINT table_snapshot_state_check;
ALTER TABLE table_snapshot ADD CONSTRAINT table_snapshot_state_check
    CHECK (state IN ('REQUESTED', 'RUNNING', 'PAUSED', 'DONE', 'FAILED', 'CANCELLED'));
-- jsonb forgets the order of a composite key's columns: a snapshot that is open now begins again
ALTER TABLE table_snapshot ALTER COLUMN last_key TYPE text USING NULL;
ALTER TABLE table_snapshot
    -- an expression for WHERE; null for all rows
    ADD COLUMN filter          text,
    -- whether the sinks are searched for rows that the source has no more; not needed where they were empty
    ADD COLUMN search          boolean NOT NULL DEFAULT true,
    -- ChangeEvent.rowVersion() of the beginning: what a sink holds in an older version at the end was not found
    ADD COLUMN start_version   bigint,
    -- the highest key at the beginning: what is inserted behind it comes with the stream
    ADD COLUMN end_key         text,
    ADD COLUMN rows_per_second double precision,
    ADD COLUMN seconds_left    bigint,
    -- where each partition of the topic ended when every row was read
    ADD COLUMN end_offsets     bigint[],
    -- rows that sinks held and the source has no more
    ADD COLUMN rows_missing    bigint NOT NULL DEFAULT 0;

-- The sinks that a snapshot's end is compared with.
CREATE TABLE snapshot_search (
    snapshot_id       bigint      NOT NULL REFERENCES table_snapshot (id) ON DELETE CASCADE,
    sink              text        NOT NULL,
    -- a worker that searches holds it so long; another may take it up after
    claimed_until     timestamptz,
    -- rows that the sink held in an older version
    suspects          bigint      NOT NULL DEFAULT 0,
    finished_at       timestamptz,
    PRIMARY KEY (snapshot_id, sink)
);

-- Rows that capture is asked to read again, by key. Inserted by whoever lacks a value or doubts a row; deleted when Kafka has the answer.
CREATE TABLE reread (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    -- the key's JSON object, byte for byte
    key               text        NOT NULL,
    -- the row as a sink holds it, where it is to be read only if the snapshot's filter matches that
    held              text,
    snapshot_id       bigint      REFERENCES table_snapshot (id) ON DELETE SET NULL,
    requested_by      text        NOT NULL,
    requested_at      timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX reread_once ON reread (table_id, md5(key));
CREATE INDEX reread_by_snapshot ON reread (snapshot_id) WHERE snapshot_id IS NOT NULL;
