package io.millrace.capture.engine;

import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.AlertName;
import io.millrace.catalog.Alerts;
import io.millrace.catalog.Alerts.Trouble;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRelations;
import io.millrace.catalog.TableRelations.Relation;
import io.millrace.catalog.preflight.SourceLocks;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the source's catalog for what the stream does not say of captured tables: that one was renamed or dropped, that it lost or got
 * back its replica identity, that rows came or went with a partition. Used by the runner's thread.
 */
final class RelationWatch {

    private static final Logger LOG = LoggerFactory.getLogger(RelationWatch.class);
    private static final long PAUSE_NANOS = 500_000_000L;

    private final Source source;
    private final PipelineCatalog catalog;
    private final TableRelations relations;
    private final Alerts alerts;
    private final Publications publications;
    private long nextLook = System.nanoTime();

    RelationWatch(Source source, PipelineCatalog catalog, Publications publications) {
        this.source = source;
        this.catalog = catalog;
        this.relations = catalog.relations();
        this.alerts = catalog.alerts();
        this.publications = publications;
    }

    /** Looks, unless the last look was a moment ago. */
    void look(Connection connection, List<CapturedTable> tables) throws SQLException {
        long now = System.nanoTime();
        if (now - nextLook < 0 || tables.isEmpty()) {
            return;
        }
        nextLook = now + PAUSE_NANOS;
        Map<Long, Relation> bound = relations.of(source.name());
        List<Long> oids = bound.values().stream().map(Relation::oid).toList();
        Optional<Map<Long, PresentRelation>> present =
                SourceLocks.queryUnlessHeld(() -> PresentRelation.read(connection, source, oids));
        if (present.isEmpty()) {
            return;
        }
        for (CapturedTable table : tables) {
            Relation relation = bound.get(table.id());
            if (relation != null && isCaptured(table)) {
                PresentRelation at = present.get().get(relation.oid());
                // nobody who holds one table holds up the look at the others
                SourceLocks.runUnlessHeld(() -> look(connection, table, relation, at));
            }
        }
    }

    private static boolean isCaptured(CapturedTable table) {
        return switch (table.state()) {
            case SNAPSHOTTING, STREAMING, PAUSED -> true;
            case PENDING, FAILED, REMOVING -> false;
        };
    }

    private void look(Connection connection, CapturedTable table, Relation relation, @Nullable PresentRelation present)
            throws SQLException {
        if (present == null) {
            dropped(table);
            return;
        }
        named(table, relation, present.name());
        identity(connection, table, present);
        partitions(connection, table, relation, present);
    }

    private void dropped(CapturedTable table) {
        String message = "The table " + table.table() + " was dropped at the source. What the sinks hold of it stays.";
        String wayOut = "Remove it here; or, where it was created again, resume it: its rows are then read anew.";
        LOG.warn(message);
        catalog.tableFailed(table, AlertName.TABLE_DROPPED, message, wayOut);
    }

    /** The registered name stays the name on the outside; that the source has another is said. */
    private void named(CapturedTable table, Relation relation, TableId name) {
        TableId told = relation.renamedTo() == null ? table.table() : relation.renamedTo();
        if (told.equals(name)) {
            return;
        }
        if (name.equals(table.table())) {
            relations.renamed(table.id(), null);
            alerts.resolve(AlertName.TABLE_RENAMED, Alerts.subject(table, null));
            return;
        }
        LOG.warn("{} is called {} now; it is captured under its registered name", table.table(), name);
        relations.renamed(table.id(), name);
        alerts.raise(Trouble.of(
                AlertName.TABLE_RENAMED,
                Severity.WARNING,
                table,
                null,
                "The source calls " + table.table() + " now " + name
                        + ". It is captured as before, under its registered name: topic, index, keys and history stay.",
                "Rename it back; or, to have the new name on the outside too, remove this registration and register "
                        + name + ", whose rows are then read anew."));
    }

    /** A published table without replica identity refuses the application's UPDATE and DELETE. */
    private void identity(Connection connection, CapturedTable table, PresentRelation present) throws SQLException {
        if (present.identityUsable() && present.insertOnly()) {
            publications.move(connection, present.name(), true);
            relations.reread(table.id(), "it has a replica identity again");
            alerts.resolve(AlertName.TABLE_KEY_LOST, Alerts.subject(table, null));
        } else if (!present.identityUsable() && present.published() && !present.insertOnly()) {
            // said first: who holds the table lets it be moved later
            alerts.raise(Trouble.of(
                    AlertName.TABLE_KEY_LOST,
                    Severity.CRITICAL,
                    table,
                    null,
                    table.table() + " has no replica identity any more. Its UPDATE and DELETE would fail while they are"
                            + " published, so only its INSERT and TRUNCATE are captured; indexes and caches cannot tell"
                            + " its rows apart.",
                    "Run: ALTER TABLE " + present.name().quoted()
                            + " ADD PRIMARY KEY (...); or set REPLICA IDENTITY FULL. Its rows are then read again by"
                            + " themselves."));
            publications.move(connection, present.name(), false);
            LOG.warn("{} has no replica identity any more; only its INSERT and TRUNCATE are captured", present.name());
        }
    }

    /** PostgreSQL writes no row changes where a partition comes, goes or is emptied by itself: the rows are read again. */
    private void partitions(Connection connection, CapturedTable table, Relation relation, PresentRelation present)
            throws SQLException {
        Set<String> leaves = present.leaves();
        if (leaves == null || leaves.equals(relation.partitions())) {
            return;
        }
        Set<String> known = relation.partitions();
        if (known != null) {
            Set<String> gone = new HashSet<>(known);
            gone.removeAll(leaves);
            Set<String> came = new HashSet<>(leaves);
            came.removeAll(known);
            boolean bornEmpty = gone.isEmpty();
            for (String leaf : came) {
                bornEmpty = bornEmpty && PresentRelation.bornEmpty(connection, relation.oid(), leaf);
            }
            if (!bornEmpty) {
                relations.reread(
                        table.id(), "a partition was attached, detached or emptied, which PostgreSQL tells nobody");
            }
        }
        relations.partitions(table.id(), leaves);
    }
}
