-- Rewinds, and dead letters that are retried, waited behind, superseded and discarded.

-- Records below it were delivered before the sink was rewound: a log leaves out what it holds already.
ALTER TABLE delivery_offset ADD COLUMN replay_until bigint NOT NULL DEFAULT 0;
-- Counted up by each rewind, so that the worker of the partition notices it.
ALTER TABLE delivery_offset ADD COLUMN rewinds integer NOT NULL DEFAULT 0;
CREATE INDEX delivery_offset_rewound ON delivery_offset (sink) WHERE rewinds > 0;

-- What rows are told apart by (io.millrace.event.RowKey#hash); null where the record names no row.
ALTER TABLE dead_letter ADD COLUMN key_hash bigint;
-- io.millrace.event.ChangeEvent#rowVersion; null where the record is no event.
ALTER TABLE dead_letter ADD COLUMN row_version bigint;
-- Where the record stands in <topic>.<sink>.dlt, partition 0.
ALTER TABLE dead_letter ADD COLUMN letter_offset bigint;
-- Who asked for the retry or discarded it, when and why; of a superseded one, the event that took its place.
ALTER TABLE dead_letter ADD COLUMN decided_by text;
ALTER TABLE dead_letter ADD COLUMN decided_at timestamptz;
ALTER TABLE dead_letter ADD COLUMN reason text;

-- OPEN: refused, a person decides. WAITING: behind an open one of the same row. RETRYING: asked for by a person.
ALTER TABLE dead_letter DROP CONSTRAINT dead_letter_state_check;
ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_state_check
    CHECK (state IN ('OPEN', 'WAITING', 'RETRYING', 'RETRIED', 'SUPERSEDED', 'DISCARDED'));
ALTER TABLE dead_letter ADD CONSTRAINT dead_letter_discard_has_reason
    CHECK (state <> 'DISCARDED' OR reason IS NOT NULL AND decided_by IS NOT NULL);
-- what workers look at: few, whatever was settled before
CREATE INDEX dead_letter_live ON dead_letter (sink, topic, partition, key_hash, record_offset)
    WHERE state IN ('OPEN', 'WAITING', 'RETRYING');
CREATE INDEX dead_letter_by_state ON dead_letter (state, id);

-- What the workers find about delivery that is no fault yet, for people.
CREATE TABLE delivery_finding (
    sink              text        NOT NULL,
    topic             text        NOT NULL,
    message           text        NOT NULL,
    since             timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sink, topic)
);
