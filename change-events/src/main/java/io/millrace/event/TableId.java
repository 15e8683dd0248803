package io.millrace.event;

/**
 * A table of a source, by the names that PostgreSQL's catalog holds: unquoted, case kept.
 *
 * @param schema the schema's name
 * @param table the table's name; of a partitioned table the root's
 */
public record TableId(String schema, String table) {

    /** Returns the name as SQL needs it, both parts quoted. */
    public String quoted() {
        return quote(schema) + "." + quote(table);
    }

    /** Quotes one identifier for SQL, whatever it holds. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** Returns {@code schema.table} for people; not parseable where a name holds a dot. */
    @Override
    public String toString() {
        return schema + "." + table;
    }
}
