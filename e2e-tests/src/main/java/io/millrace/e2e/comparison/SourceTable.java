package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A table's columns and key as the source's catalog has them, and the SQL that casts a JSON document back to them. */
record SourceTable(TableId id, List<Column> columns, List<String> key) {

    record Column(String name, String type, String typeName) {

        private String quoted() {
            return TableId.quote(name);
        }

        private String literal() {
            return "'" + name.replace("'", "''") + "'";
        }

        /** The value that a document holds for the column, as PostgreSQL's own text; json and jsonb may come as text or as an object. */
        String castBack(TableId table) {
            String text = "(doc ->> " + literal() + ")";
            if (typeName.equals("bytea")) {
                return "decode(" + text + ", 'base64')::text";
            }
            if (typeName.equals("json") || typeName.equals("jsonb")) {
                return "(CASE jsonb_typeof(doc -> " + literal() + ") WHEN 'string' THEN " + text
                        + " WHEN 'null' THEN NULL ELSE (doc -> " + literal() + ")::text END)::jsonb::text";
            }
            if (typeName.startsWith("_")) {
                return "(jsonb_populate_record(NULL::" + table.quoted() + ", jsonb_build_object(" + literal()
                        + ", doc -> " + literal() + ")))." + quoted() + "::text";
            }
            return text + "::" + type + "::text";
        }

        /** The source's value as text, in the form that {@link #castBack} yields. */
        String asText(boolean jsonNull) {
            boolean json = typeName.equals("json") || typeName.equals("jsonb");
            String text = "t." + quoted() + (json ? "::jsonb::text" : "::text");
            return json && !jsonNull ? "nullif(" + text + ", 'null')" : text;
        }
    }

    static SourceTable read(Connection connection, TableId id) throws SQLException {
        List<Column> columns = new ArrayList<>();
        List<String> key = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT a.attname, format_type(a.atttypid, a.atttypmod), b.typname, array_position(i.indkey::int[], a.attnum::int)
                FROM pg_attribute a
                JOIN pg_type y ON y.oid = a.atttypid
                JOIN pg_type b ON b.oid = CASE WHEN y.typbasetype = 0 THEN y.oid ELSE y.typbasetype END
                LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
                WHERE a.attrelid = ?::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """)) {
            query.setString(1, id.quoted());
            try (ResultSet row = query.executeQuery()) {
                while (row.next()) {
                    columns.add(new Column(row.getString(1), row.getString(2), row.getString(3)));
                    if (row.getObject(4) != null) {
                        key.add(row.getString(1));
                    }
                }
            }
        }
        return new SourceTable(id, columns, key);
    }

    /**
     * A query over {@code stored(doc jsonb, unknown_columns text[])}: key, what is wrong, which columns.
     *
     * @param jsonNull whether the store tells a JSON null from SQL's NULL
     */
    String differenceQuery(boolean jsonNull) {
        String cast = columns.stream()
                .map(column -> column.castBack(id) + " AS " + column.quoted())
                .collect(Collectors.joining(", "));
        String source = columns.stream()
                .map(column -> column.asText(jsonNull) + " AS " + column.quoted())
                .collect(Collectors.joining(", "));
        String keyEquals = key.stream()
                .map(name -> "s." + TableId.quote(name) + " = k." + TableId.quote(name))
                .collect(Collectors.joining(" AND "));
        String keyText = key.stream()
                .map(name -> "coalesce(s." + TableId.quote(name) + ", k." + TableId.quote(name) + ")")
                .collect(Collectors.joining(" || ',' || "));
        String differing = columns.stream()
                .map(column -> "CASE WHEN s." + column.quoted() + " IS DISTINCT FROM k." + column.quoted() + " AND NOT "
                        + column.literal() + " = ANY (k.unknown_columns) THEN " + column.literal() + " END")
                .collect(Collectors.joining(", "));
        String first = TableId.quote(key.get(0));
        return "SELECT * FROM (SELECT " + keyText + " AS key, s." + first + " IS NULL AS surplus, k." + first
                + " IS NULL AS missing, array_remove(ARRAY[" + differing + "], NULL) AS differing FROM (SELECT "
                + source
                + " FROM " + id.quoted() + " t) s FULL JOIN (SELECT " + cast + ", unknown_columns FROM stored) k ON "
                + keyEquals
                + ") d WHERE surplus OR missing OR differing <> '{}' ORDER BY key LIMIT 100";
    }
}
