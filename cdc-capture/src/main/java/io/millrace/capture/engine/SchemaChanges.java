package io.millrace.capture.engine;

import io.millrace.capture.wal.Relation;
import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.AlertName;
import io.millrace.catalog.Alerts.Trouble;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Draws the consequences of a schema that changed. PostgreSQL writes no change for the rows that an ALTER TABLE rewrites, fills or renames:
 * where the sinks' rows are no longer the source's, they are read again. Used by the publishing thread.
 */
final class SchemaChanges {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaChanges.class);

    /** Rows that were there before the column was added have a value in it; so says the present catalog, which may be ahead. */
    private static final String FILLED = """
            SELECT EXISTS (SELECT FROM pg_attribute a
                           WHERE a.attrelid = ?::oid AND a.attname = ANY (?) AND NOT a.attisdropped
                             AND (a.atthasdef OR a.atthasmissing OR a.attnotnull OR a.attidentity <> '' OR a.attgenerated <> ''))
            """;

    private final PipelineCatalog catalog;
    /** The version that this run met last, by table. */
    private final Map<Long, Integer> met = new HashMap<>();

    SchemaChanges(PipelineCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * Takes note of a description.
     *
     * @param before the versions recorded before it
     * @param version the one that it is
     */
    void described(long tableId, Relation relation, List<TableSchema> before, int version, Connection at)
            throws SQLException {
        Integer last = met.put(tableId, version);
        boolean news = before.stream()
                .noneMatch(schema -> schema.version() == version && (version == 1 || schema.firstLsn() != null));
        if (!news) {
            return;
        }
        List<TableSchema> all = catalog.schemas(tableId);
        TableSchema now = find(all, version);
        TableSchema was = last == null ? previous(all, now) : find(all, last);
        if (now != null && was != null) {
            changed(tableId, relation, was, now, at);
        }
    }

    private static @Nullable TableSchema find(List<TableSchema> all, int version) {
        return all.stream()
                .filter(schema -> schema.version() == version)
                .findFirst()
                .orElse(null);
    }

    private static @Nullable TableSchema previous(List<TableSchema> all, @Nullable TableSchema now) {
        return all.stream()
                .filter(schema -> !schema.equals(now) && (schema.version() == 1 || schema.firstLsn() != null))
                .max((a, b) -> Long.compareUnsigned(
                        Objects.requireNonNullElse(a.firstLsn(), 0L), Objects.requireNonNullElse(b.firstLsn(), 0L)))
                .orElse(null);
    }

    private void changed(long tableId, Relation relation, TableSchema was, TableSchema now, Connection at)
            throws SQLException {
        List<String> changes = now.changesSince(was);
        LOG.info("{} is in version {}: {}", relation.table(), now.version(), String.join(", ", changes));
        if (!was.keyColumns().equals(now.keyColumns())) {
            keyChanged(tableId, was, now);
        }
        if (!changes.isEmpty() && (!now.onlyAddsTo(was) || filled(at, relation, was, now))) {
            catalog.relations().reread(tableId, String.join(", ", changes));
        }
    }

    private static boolean filled(Connection at, Relation relation, TableSchema was, TableSchema now)
            throws SQLException {
        Set<String> added =
                new HashSet<>(now.columns().stream().map(Column::name).toList());
        was.columns().forEach(column -> added.remove(column.name()));
        try (PreparedStatement statement = at.prepareStatement(FILLED)) {
            statement.setString(1, Integer.toUnsignedString(relation.id()));
            statement.setArray(2, at.createArrayOf("text", added.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private void keyChanged(long tableId, TableSchema was, TableSchema now) {
        CapturedTable table = catalog.table(tableId).orElse(null);
        if (table == null || now.keyColumns().isEmpty()) {
            // a key that was lost is RelationWatch's
            return;
        }
        catalog.alerts()
                .raise(Trouble.of(
                        AlertName.TABLE_KEY_CHANGED,
                        Severity.WARNING,
                        table,
                        null,
                        "The rows of " + table.table() + " are told apart by "
                                + String.join(", ", now.keyColumns()) + " since version " + now.version()
                                + " of its columns, before by "
                                + (was.keyColumns().isEmpty() ? "nothing" : String.join(", ", was.keyColumns()))
                                + ". Its rows are being read again under the new key; the history of a row before that is"
                                + " found under the old one.",
                        "Have readers ask for documents and entries under the new key; those under the old one go when"
                                + " the rows have been read. Then dismiss this."));
    }
}
