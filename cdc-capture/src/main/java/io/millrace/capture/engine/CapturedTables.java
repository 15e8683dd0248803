package io.millrace.capture.engine;

import io.millrace.capture.publish.Published;
import io.millrace.capture.publish.TableDirectory;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.wal.Relation;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSchema;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one source that are captured, and their columns as the stream describes them. Tables come and go from any thread;
 * descriptions are made on the publishing thread, over a connection of its own.
 *
 * <p>A table is found by its OID once that is known, so a table that was renamed goes on under its registered name, and another that took
 * its name is not taken for it.
 */
final class CapturedTables implements TableDirectory, AutoCloseable {

    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Source source;
    private final PipelineCatalog catalog;
    private final SchemaChanges changes;
    private final RelationDescriber describer = new RelationDescriber();
    private final Map<TableId, TableTopic> tables = new ConcurrentHashMap<>();
    private final Map<Long, Long> oids = new ConcurrentHashMap<>();
    private @Nullable Connection connection;
    private long usedAt;

    CapturedTables(Source source, PipelineCatalog catalog) {
        this.source = source;
        this.catalog = catalog;
        this.changes = new SchemaChanges(catalog);
    }

    void put(TableTopic table) {
        catalog.relations()
                .find(table.id())
                .ifPresentOrElse(relation -> oids.put(table.id(), relation.oid()), () -> oids.remove(table.id()));
        tables.put(table.table(), table);
    }

    void remove(TableId table) {
        TableTopic removed = tables.remove(table);
        if (removed != null) {
            oids.remove(removed.id());
        }
    }

    Optional<TableTopic> find(TableId table) {
        return Optional.ofNullable(tables.get(table));
    }

    @Override
    public @Nullable Published describe(Relation relation, long lsn) {
        TableTopic topic = topic(relation);
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

    private @Nullable TableTopic topic(Relation relation) {
        long oid = Integer.toUnsignedLong(relation.id());
        for (TableTopic table : tables.values()) {
            if (Long.valueOf(oid).equals(oids.get(table.id()))) {
                return table;
            }
        }
        TableTopic named = tables.get(relation.table());
        if (named != null && oids.putIfAbsent(named.id(), oid) == null) {
            catalog.relations().bind(named.id(), oid);
            return named;
        }
        return null;
    }

    private Published describe(TableTopic topic, Relation relation, long lsn, Connection at) throws SQLException {
        List<TableSchema> known = catalog.schemas(topic.id());
        List<Column> columns = describer.columns(at, relation, known);
        List<String> present = new SourceTables()
                .find(at, Integer.toUnsignedLong(relation.id()))
                .map(SourceTable::keyColumns)
                .orElse(List.of());
        List<String> key = KeyOrder.of(relation, present, known);
        int version = catalog.recordSchema(topic.id(), columns, key, identity(relation.identity()), lsn);
        changes.described(topic.id(), relation, known, version, at);
        return Published.of(topic, describer.shape(columns, key), version);
    }

    private static ReplicaIdentity identity(char code) {
        return switch (code) {
            case 'f' -> ReplicaIdentity.FULL;
            case 'i' -> ReplicaIdentity.INDEX;
            case 'n' -> ReplicaIdentity.NOTHING;
            default -> ReplicaIdentity.DEFAULT;
        };
    }

    /** One that was idle for long is made anew: a firewall may have forgotten it, and the stream would wait for the answer. */
    private Connection connection() throws SQLException {
        Connection known = connection;
        if (known == null || known.isClosed() || System.nanoTime() - usedAt > IDLE_NANOS) {
            Connection opened = SourceConnection.open(source, "millrace-capture-columns");
            close();
            known = opened;
            connection = opened;
        }
        usedAt = System.nanoTime();
        return known;
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
    }
}
