-- The version of the table's columns that a shaping was declared under: what was masked then may stand under another name later. Of those
-- that were declared before this, the newest version that was known at the time.
ALTER TABLE binding_shaping ADD COLUMN schema_version integer NOT NULL DEFAULT 1;
UPDATE binding_shaping b SET schema_version = coalesce(
    (SELECT max(s.version) FROM table_schema s WHERE s.table_id = b.table_id AND s.recorded_at <= b.declared_at), 1);
