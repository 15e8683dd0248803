-- What a sink gets of a table: declared per binding, every version kept with who declared it.

-- io.millrace.catalog.shaping.Shaping as JSON; NULL for everything as it is. Counts up with every declaration.
ALTER TABLE sink_binding ADD COLUMN shaping jsonb;
ALTER TABLE sink_binding ADD COLUMN shaping_version integer NOT NULL DEFAULT 0;

CREATE TABLE binding_shaping (
    table_id          bigint      NOT NULL,
    sink              text        NOT NULL,
    version           integer     NOT NULL,
    shaping           jsonb,
    declared_by       text        NOT NULL,
    declared_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (table_id, sink, version),
    FOREIGN KEY (table_id, sink) REFERENCES sink_binding (table_id, sink) ON DELETE CASCADE
);

-- What values are hashed with where they are masked so; encrypted under millrace.catalog.secret. One row.
CREATE TABLE masking_key (
    only_one          boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    key_cipher        text        NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now()
);

-- Columns whose values were masked when the change was recorded.
ALTER TABLE change_log ADD COLUMN masked_columns text[] NOT NULL DEFAULT '{}';

CREATE OR REPLACE VIEW change_history AS
SELECT event_id, source, schema_name, table_name, key, operation, before, after, changed_columns, before_completeness,
       unavailable_columns, transaction_id, lsn, commit_lsn, epoch, ordinal, committed_at, captured_at, recorded_at, actor, seq, key_hash,
       masked_columns
FROM change_log;
