-- The platform database of Millrace: what is captured, where it goes, how far everything is, and the change history.
-- Every LSN is a pg_lsn of the source; every time is a timestamptz.

-- Sources ------------------------------------------------------------------------------------------------------------

CREATE TABLE source (
    name              text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
    host              text        NOT NULL,
    port              integer     NOT NULL CHECK (port BETWEEN 1 AND 65535),
    database_name     text        NOT NULL,
    username          text        NOT NULL,
    password_cipher   text        NOT NULL,
    ssl_mode          text        NOT NULL DEFAULT 'prefer',
    slot_name         text        NOT NULL,
    publication_name  text        NOT NULL,
    epoch             integer     NOT NULL DEFAULT 1 CHECK (epoch BETWEEN 1 AND 2047),
    state             text        NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'STREAMING', 'WAITING', 'PAUSED', 'FAILED')),
    message           text,
    state_since       timestamptz NOT NULL DEFAULT now(),
    created_by        text        NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE captured_table (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source            text        NOT NULL REFERENCES source (name),
    schema_name       text        NOT NULL,
    table_name        text        NOT NULL,
    topic             text        NOT NULL UNIQUE,
    -- empty where the table has no key: then only the history takes it
    key_columns       text[]      NOT NULL,
    -- [{"name":..., "type":..., "oid":..., "typeModifier":..., "nullable":...}] in the table's order, as last seen
    columns           jsonb       NOT NULL,
    schema_version    integer     NOT NULL DEFAULT 1,
    replica_identity  text        NOT NULL CHECK (replica_identity IN ('DEFAULT', 'FULL', 'INDEX', 'NOTHING')),
    state             text        NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'SNAPSHOTTING', 'STREAMING', 'PAUSED', 'FAILED', 'REMOVING')),
    message           text,
    state_since       timestamptz NOT NULL DEFAULT now(),
    registered_by     text        NOT NULL,
    registered_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (source, schema_name, table_name)
);

-- The schema that an event was written under, by the version in its header.
CREATE TABLE table_schema (
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    version           integer     NOT NULL,
    columns           jsonb       NOT NULL,
    key_columns       text[]      NOT NULL,
    first_lsn         pg_lsn,
    recorded_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_id, version)
);

CREATE TABLE sink_binding (
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    sink              text        NOT NULL,
    state             text        NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'PAUSED', 'FAILED')),
    message           text,
    state_since       timestamptz NOT NULL DEFAULT now(),
    options           jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (table_id, sink)
);

CREATE TABLE table_snapshot (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    state             text        NOT NULL DEFAULT 'REQUESTED' CHECK (state IN ('REQUESTED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED')),
    rows_done         bigint      NOT NULL DEFAULT 0,
    rows_estimated    bigint,
    -- key of the last row that Kafka has; a resumed snapshot goes on behind it
    last_key          jsonb,
    message           text,
    requested_by      text        NOT NULL,
    requested_at      timestamptz NOT NULL DEFAULT now(),
    started_at        timestamptz,
    finished_at       timestamptz
);
CREATE INDEX table_snapshot_by_table ON table_snapshot (table_id, id DESC);

-- How far everything is ------------------------------------------------------------------------------------------------

CREATE TABLE capture_offset (
    source            text PRIMARY KEY REFERENCES source (name) ON DELETE CASCADE,
    epoch             integer     NOT NULL,
    snapshot_state    text        NOT NULL DEFAULT 'NONE',
    -- position of the last change of the last complete transaction that Kafka has
    commit_lsn        pg_lsn,
    ordinal           integer,
    -- end of that transaction: what the slot may be told, and no more (P5)
    end_lsn           pg_lsn,
    -- when that transaction was committed at the source
    committed_at      timestamptz,
    system_identifier text        NOT NULL,
    timeline          integer     NOT NULL,
    events            bigint      NOT NULL DEFAULT 0,
    updated_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE delivery_offset (
    sink              text        NOT NULL,
    topic             text        NOT NULL,
    partition         integer     NOT NULL,
    next_offset       bigint      NOT NULL,
    last_position     text,
    -- commit time of the last change applied
    committed_at      timestamptz,
    events            bigint      NOT NULL DEFAULT 0,
    -- set while the sink is waited for
    waiting_since     timestamptz,
    waiting_for       text,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic, partition)
) WITH (fillfactor = 50);

-- For effects that are not idempotent; a worker drops days that are older than the topics' retention.
CREATE TABLE deduplication (
    consumer          text        NOT NULL,
    event_id          text        NOT NULL,
    seen_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id, seen_at)
) PARTITION BY RANGE (seen_at);
CREATE TABLE deduplication_default PARTITION OF deduplication DEFAULT;

CREATE TABLE dead_letter (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sink              text        NOT NULL,
    topic             text        NOT NULL,
    partition         integer     NOT NULL,
    record_offset     bigint      NOT NULL,
    source            text,
    schema_name       text,
    table_name        text,
    key               jsonb,
    event_id          text,
    category          text        NOT NULL,
    cause             text        NOT NULL,
    detail            text,
    payload           text,
    state             text        NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'RETRIED', 'SUPERSEDED', 'DISCARDED')),
    first_attempt_at  timestamptz NOT NULL DEFAULT now(),
    last_attempt_at   timestamptz NOT NULL DEFAULT now(),
    occurrences       integer     NOT NULL DEFAULT 1,
    UNIQUE (sink, topic, partition, record_offset)
);

-- People -------------------------------------------------------------------------------------------------------------

CREATE TABLE app_user (
    name              text PRIMARY KEY CHECK (name ~ '^[A-Za-z0-9._@-]{1,64}$'),
    password_hash     text        NOT NULL,
    role              text        NOT NULL CHECK (role IN ('ADMIN', 'OPERATOR', 'AUDITOR')),
    enabled           boolean     NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_token (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_name         text        NOT NULL REFERENCES app_user (name) ON DELETE CASCADE,
    label             text        NOT NULL,
    -- SHA-256 of the token: the token itself is shown once and never stored
    token_hash        bytea       NOT NULL UNIQUE,
    created_at        timestamptz NOT NULL DEFAULT now(),
    last_used_at      timestamptz
);

-- The change history ---------------------------------------------------------------------------------------------------

CREATE TABLE change_log (
    seq                 bigint GENERATED ALWAYS AS IDENTITY,
    event_id            text        NOT NULL,
    source              text        NOT NULL,
    schema_name         text        NOT NULL,
    table_name          text        NOT NULL,
    key                 jsonb,
    -- io.millrace.event.RowKey#hash of source, table and key: what the history of one row is found by
    key_hash            bigint,
    operation           text        NOT NULL,
    before              jsonb,
    after               jsonb,
    changed_columns     text[]      NOT NULL,
    -- FULL, KEY or NONE: how much of the row before the change PostgreSQL sent
    before_completeness text        NOT NULL,
    -- columns whose value PostgreSQL did not send, because a large value stayed as it was
    unavailable_columns text[]      NOT NULL,
    transaction_id      bigint,
    lsn                 pg_lsn      NOT NULL,
    commit_lsn          pg_lsn      NOT NULL,
    epoch               integer     NOT NULL,
    ordinal             integer     NOT NULL,
    committed_at        timestamptz NOT NULL,
    captured_at         timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL DEFAULT now(),
    actor               jsonb
) PARTITION BY RANGE (committed_at);

CREATE TABLE change_log_default PARTITION OF change_log DEFAULT;
-- append order: pages of the newest changes
CREATE INDEX change_log_by_seq ON change_log (seq);
-- the history of one row
CREATE INDEX change_log_by_key ON change_log (key_hash, commit_lsn, ordinal) WHERE key_hash IS NOT NULL;
-- one event by its id
CREATE INDEX change_log_by_position ON change_log (commit_lsn, ordinal);
CREATE INDEX change_log_by_time ON change_log USING brin (committed_at);

COMMENT ON TABLE change_log IS 'Every committed change of every registered table, once. Appended to by the audit sink, never updated.';

CREATE VIEW change_history AS
SELECT event_id, source, schema_name, table_name, key, operation, before, after, changed_columns, before_completeness,
       unavailable_columns, transaction_id, lsn, commit_lsn, epoch, ordinal, committed_at, captured_at, recorded_at, actor, seq, key_hash
FROM change_log;
