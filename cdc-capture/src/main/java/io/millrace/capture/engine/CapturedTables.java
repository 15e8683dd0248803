package io.millrace.capture.engine;

import io.millrace.capture.publish.Published;
import io.millrace.capture.publish.RowShape;
import io.millrace.capture.publish.TableDirectory;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.value.PgTypes;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.capture.value.ValueEncoders;
import io.millrace.capture.wal.Relation;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one source that are captured, and their columns as the stream describes them. Tables come and go from any thread;
 * descriptions are made on the publishing thread, over a connection of its own.
 */
final class CapturedTables implements TableDirectory, AutoCloseable {

    private static final String COLUMNS = """
            SELECT c.oid, format_type(c.oid, c.modifier) AS type,
                   coalesce((SELECT NOT a.attnotnull FROM pg_attribute a
                             WHERE a.attrelid = to_regclass(?) AND a.attname = c.name AND NOT a.attisdropped), true) AS nullable
            FROM unnest(?::text[], ?::oid[], ?::int[]) WITH ORDINALITY AS c (name, oid, modifier, place)
            ORDER BY c.place
            """;

    private final Source source;
    private final PipelineCatalog catalog;
    private final Map<TableId, TableTopic> tables = new ConcurrentHashMap<>();
    private final PgTypes types = new PgTypes();
    private @Nullable Connection connection;

    CapturedTables(Source source, PipelineCatalog catalog) {
        this.source = source;
        this.catalog = catalog;
    }

    void put(TableTopic table) {
        tables.put(table.table(), table);
    }

    void remove(TableId table) {
        tables.remove(table);
    }

    Optional<TableTopic> find(TableId table) {
        return Optional.ofNullable(tables.get(table));
    }

    @Override
    public @Nullable Published describe(Relation relation, long lsn) {
        TableTopic topic = tables.get(relation.table());
        if (topic == null) {
            return null;
        }
        try {
            return describe(topic, relation, lsn, connection());
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "The columns of " + relation.table() + " cannot be looked up at the source: " + e.getMessage(), e);
        }
    }

    private Published describe(TableTopic topic, Relation relation, long lsn, Connection at) throws SQLException {
        types.load(at, relation.columns().stream().map(Relation.Column::typeOid).toList());
        List<Column> columns = columns(at, relation);
        List<String> key = key(topic, relation);
        int version = catalog.recordSchema(topic.id(), columns, key, identity(relation.identity()), lsn);
        return Published.of(topic, shape(columns, key, types), version);
    }

    static RowShape shape(List<Column> columns, List<String> key, PgTypes types) {
        List<ValueEncoder> encoders = columns.stream()
                .map(column -> ValueEncoders.of(types.of(column.oid())))
                .toList();
        return new RowShape(columns.stream().map(Column::name).toList(), encoders, key);
    }

    private List<Column> columns(Connection at, Relation relation) throws SQLException {
        List<Relation.Column> described = relation.columns();
        try (PreparedStatement statement = at.prepareStatement(COLUMNS)) {
            statement.setString(1, relation.table().quoted());
            statement.setArray(
                    2,
                    at.createArrayOf(
                            "text",
                            described.stream().map(Relation.Column::name).toArray()));
            statement.setArray(
                    3,
                    at.createArrayOf(
                            "oid",
                            described.stream().map(Relation.Column::typeOid).toArray()));
            statement.setArray(
                    4,
                    at.createArrayOf(
                            "int4",
                            described.stream()
                                    .map(Relation.Column::typeModifier)
                                    .toArray()));
            List<Column> columns = new ArrayList<>(described.size());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    long oid = row.getLong("oid");
                    columns.add(new Column(
                            described.get(columns.size()).name(),
                            row.getString("type"),
                            types.typeName(oid),
                            oid,
                            row.getBoolean("nullable")));
                }
            }
            return columns;
        }
    }

    /** With identity FULL the stream marks every column, so the key is the one that was registered. */
    private static List<String> key(TableTopic topic, Relation relation) {
        if (relation.identity() == 'f') {
            return topic.keyColumns();
        }
        List<String> marked = relation.columns().stream()
                .filter(Relation.Column::key)
                .map(Relation.Column::name)
                .toList();
        return new HashSet<>(marked).equals(new HashSet<>(topic.keyColumns())) ? topic.keyColumns() : marked;
    }

    private static ReplicaIdentity identity(char code) {
        return switch (code) {
            case 'f' -> ReplicaIdentity.FULL;
            case 'i' -> ReplicaIdentity.INDEX;
            case 'n' -> ReplicaIdentity.NOTHING;
            default -> ReplicaIdentity.DEFAULT;
        };
    }

    private Connection connection() throws SQLException {
        if (connection == null || connection.isClosed()) {
            connection = SourceConnection.open(source, "millrace-capture-columns");
        }
        return connection;
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
    }
}
