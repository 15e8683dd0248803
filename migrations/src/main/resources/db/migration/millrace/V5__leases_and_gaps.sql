-- Who captures a source, and what is known to be missing of it.

-- One row per source: the process that captures it renews it; whoever finds it stale takes over with the next generation. A process
-- that slept through that is told by the generation, whatever it still does.
CREATE TABLE capture_lease (
    source            text PRIMARY KEY REFERENCES source (name) ON DELETE CASCADE,
    generation        bigint      NOT NULL,
    -- host and process, for people
    owner             text        NOT NULL,
    -- by this name the source's server knows the slot's readers of this installation
    token             text        NOT NULL DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 16),
    acquired_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    renewed_at        timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- of the lease under which the offset was stored: an older one changes nothing
ALTER TABLE capture_offset ADD COLUMN generation bigint NOT NULL DEFAULT 0;

-- last_position is the newest change among the records before reached_offset. A record behind them that is not newer is a repetition,
-- and is left out. Where reached_offset is not next_offset someone moved the sink, and last_position says nothing.
ALTER TABLE delivery_offset ADD COLUMN reached_offset bigint;

-- A stretch of a source's WAL whose changes may be missing. Outlives the source.
CREATE TABLE source_gap (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text        NOT NULL,
    -- the epoch that it ends
    epoch             integer     NOT NULL,
    cause             text        NOT NULL,
    detail            text        NOT NULL,
    -- everything before it was captured
    from_lsn          pg_lsn      NOT NULL,
    -- where the source stood when this was noticed; in the end, where the new epoch begins. Another server's LSNs are not comparable
    to_lsn            pg_lsn,
    -- when capture was last known to be complete
    since             timestamptz NOT NULL,
    detected_at       timestamptz NOT NULL DEFAULT now(),
    accepted_by       text,
    accepted_at       timestamptz,
    new_epoch         integer,
    -- when the new epoch began, or the gap proved to be none (then new_epoch is null)
    closed_at         timestamptz
);
CREATE UNIQUE INDEX source_gap_open ON source_gap (source) WHERE closed_at IS NULL;
CREATE INDEX source_gap_by_source ON source_gap (source, id DESC);

-- A source of the same name, registered again, goes on with the next epoch: its topics and its history remember the older ones.
CREATE TABLE past_epoch (
    source            text PRIMARY KEY,
    epoch             integer     NOT NULL
);

-- what of a table is missing, for the history of each of its rows
CREATE INDEX change_log_gaps ON change_log (source, schema_name, table_name) WHERE operation = 'gap';
