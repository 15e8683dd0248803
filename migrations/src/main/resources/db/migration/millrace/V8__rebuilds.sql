-- Rebuilding what a sink holds of a table: a copy beside the one that readers see, fed, compared, exchanged for it. A REFILL has no
-- second index: it brings back entries that a sink lost (Redis after FLUSHALL, eviction, a restart without persistence).

CREATE TABLE sink_rebuild (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    sink              text        NOT NULL,
    kind              text        NOT NULL CHECK (kind IN ('REBUILD', 'REFILL')),
    state             text        NOT NULL DEFAULT 'REQUESTED' CHECK (state IN (
                          'REQUESTED', 'PREPARING', 'FEEDING', 'COMPARING', 'DIFFERENT', 'EXCHANGING', 'SWITCHED', 'RETIRING',
                          'ROLLING_BACK', 'CANCELLING', 'FAILING', 'DONE', 'ROLLED_BACK', 'CANCELLED', 'FAILED')),
    state_since       timestamptz NOT NULL DEFAULT now(),
    -- what a person asked for since; the worker takes it up at its next step
    wish              text CHECK (wish IN ('CANCEL', 'ACCEPT', 'ROLL_BACK', 'FINISH')),
    reason            text        NOT NULL,
    -- the sink's own notes, made before it does anything: names of the old and the new index
    place             jsonb       NOT NULL DEFAULT '{}',
    feed              text CHECK (feed IN ('TOPIC', 'SNAPSHOT')),
    snapshot_id       bigint,
    -- offsets by partition: where feeding began, stands, and ends
    fed_from          jsonb       NOT NULL DEFAULT '{}',
    fed_next          jsonb       NOT NULL DEFAULT '{}',
    fed_until         jsonb       NOT NULL DEFAULT '{}',
    refused           bigint      NOT NULL DEFAULT 0,
    comparison        jsonb,
    message           text,
    keep_for          interval    NOT NULL,
    keep_until        timestamptz,
    requested_by      text        NOT NULL,
    requested_at      timestamptz NOT NULL DEFAULT now(),
    finished_at       timestamptz
);
-- one at a time of a table and sink; the kept old index counts
CREATE UNIQUE INDEX sink_rebuild_open ON sink_rebuild (table_id, sink) WHERE finished_at IS NULL;
CREATE INDEX sink_rebuild_by_table ON sink_rebuild (table_id, sink, id DESC);

-- What stands in a store that may forget: read again, it shows whether the store is still the one that was written to.
CREATE TABLE sink_marker (
    sink              text        NOT NULL,
    place             text        NOT NULL,
    marker            text        NOT NULL,
    run               text        NOT NULL,
    -- the store's count of keys that it threw out for want of memory, as far as it was dealt with
    evicted           bigint      NOT NULL DEFAULT 0,
    written_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, place)
);
