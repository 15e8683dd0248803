-- Rows of which a change was left out, because it lacked values that nobody could give: capture was asked for them. Until they come whole,
-- what is held of them completes no later change.
CREATE TABLE awaited_row (
    table_id          bigint      NOT NULL REFERENCES captured_table (id) ON DELETE CASCADE,
    -- or what a refill of it puts together: io.millrace.sync.deadletter.AwaitedRows.Place
    sink              text        NOT NULL,
    -- what the row is told apart by (io.millrace.event.RowKey#hash)
    key_hash          bigint      NOT NULL,
    -- io.millrace.event.ChangeEvent#rowVersion of the first and the last change that was left out
    first_version     bigint      NOT NULL,
    last_version      bigint      NOT NULL,
    PRIMARY KEY (table_id, sink, key_hash)
);

-- For how long sinks of states remember what they were given: what is raised holds for what they are given from then on.
CREATE TABLE sink_memory (
    sink              text        PRIMARY KEY,
    -- what they are set to
    remembers         interval    NOT NULL,
    -- how long what they were given before it was raised is remembered
    before            interval    NOT NULL,
    raised_at         timestamptz NOT NULL
);
-- of sinks of effects, which tell by themselves, nobody reads it
INSERT INTO sink_memory (sink, remembers, before, raised_at)
SELECT name, remembers, remembers, now() FROM sink WHERE remembers IS NOT NULL;
