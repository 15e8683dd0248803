-- One question is a row, what a sink holds under its key, and who waits: sinks hold a row in different words, and a filter is judged by
-- each of them. Before, two questions became one that no filter was applied to.
DROP INDEX reread_once;
CREATE UNIQUE INDEX reread_once ON reread (table_id, md5(key), md5(coalesce(held, '')), coalesce(snapshot_id, 0));
ALTER TABLE reread DROP CONSTRAINT reread_snapshot_id_fkey;
ALTER TABLE reread ADD CONSTRAINT reread_snapshot_id_fkey
    FOREIGN KEY (snapshot_id) REFERENCES table_snapshot (id) ON DELETE CASCADE;
