package io.millrace.capture.engine;

import io.millrace.capture.publish.RowShape;
import io.millrace.capture.value.PgTypes;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.capture.value.ValueEncoders;
import io.millrace.capture.wal.Relation;
import io.millrace.catalog.Column;
import io.millrace.catalog.TableSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a description of the stream into columns. Names, types and their order are the stream's, as they were when the changes behind it
 * were written; the source's catalog, which may be far ahead, only explains the types, and what it has forgotten is taken from the versions
 * recorded before. Not thread-safe.
 */
final class RelationDescriber {

    private static final String COLUMNS = """
            SELECT c.oid, format_type(c.oid, c.modifier) AS type,
                   coalesce((SELECT NOT a.attnotnull FROM pg_attribute a
                             WHERE a.attrelid = ?::oid AND a.attname = c.name AND NOT a.attisdropped), true) AS nullable
            FROM unnest(?::text[], ?::oid[], ?::int[]) WITH ORDINALITY AS c (name, oid, modifier, place)
            ORDER BY c.place
            """;

    private final PgTypes types = new PgTypes();

    List<Column> columns(Connection at, Relation relation, List<TableSchema> known) throws SQLException {
        List<Relation.Column> described = relation.columns();
        types.load(at, described.stream().map(Relation.Column::typeOid).toList());
        if (described.stream().anyMatch(column -> types.isUnknown(column.typeOid()))) {
            known.forEach(schema -> types.remember(schema.columns()));
        }
        List<Column> columns = new ArrayList<>(described.size());
        try (PreparedStatement statement = at.prepareStatement(COLUMNS)) {
            statement.setString(1, Integer.toUnsignedString(relation.id()));
            statement.setArray(2, array(at, "text", described, Relation.Column::name));
            statement.setArray(3, array(at, "oid", described, Relation.Column::typeOid));
            statement.setArray(4, array(at, "int4", described, Relation.Column::typeModifier));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    long oid = row.getLong("oid");
                    String name = described.get(columns.size()).name();
                    columns.add(new Column(
                            name,
                            type(row.getString("type"), name, oid, known),
                            types.typeName(oid),
                            oid,
                            row.getBoolean("nullable")));
                }
            }
        }
        return columns;
    }

    private static java.sql.Array array(
            Connection at,
            String type,
            List<Relation.Column> columns,
            java.util.function.Function<Relation.Column, Object> value)
            throws SQLException {
        return at.createArrayOf(type, columns.stream().map(value).toArray());
    }

    /** {@code format_type} writes ??? for a type that was dropped. */
    private static String type(String formatted, String column, long oid, List<TableSchema> known) {
        if (!formatted.equals("???") && !formatted.equals("-")) {
            return formatted;
        }
        return known.stream()
                .flatMap(schema -> schema.columns().stream())
                .filter(was -> was.oid() == oid && was.name().equals(column))
                .map(Column::type)
                .findFirst()
                .orElse("a type that was dropped");
    }

    /** Returns how rows with these columns are written. */
    RowShape shape(List<Column> columns, List<String> key) {
        List<ValueEncoder> encoders = columns.stream()
                .map(column -> ValueEncoders.of(types.of(column.oid())))
                .toList();
        return new RowShape(columns.stream().map(Column::name).toList(), encoders, key);
    }
}
