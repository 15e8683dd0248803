package io.millrace.capture.engine;

import io.millrace.capture.publish.StreamPublisher;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.slot.Cluster;
import io.millrace.capture.slot.SourceNotReadyException;
import io.millrace.capture.snapshot.Snapshots;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.TableRelations;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceLocks;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes tables up and out while the source streams, as the catalog wants it. Called by the runner's thread. */
final class TableLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(TableLifecycle.class);

    private static final String WAITS_FOR_OWNERS =
            "Somebody alters or vacuums the table: waiting for that to end, for until then it cannot be taken out.";

    private final Source source;
    private final CaptureOffset start;
    private final PipelineCatalog catalog;
    private final SourceGaps gaps;
    private final CapturedTables tables;
    private final Snapshots snapshots;
    private final Publications publications;
    private final RelationWatch watch;
    private final TableTakeUp takeUp;
    private final LockAttempts attempts;

    TableLifecycle(
            CaptureContext context,
            Source source,
            CaptureOffset start,
            PublishedTails tails,
            CapturedTables tables,
            Snapshots snapshots) {
        this.source = source;
        this.start = start;
        this.catalog = context.catalog();
        this.gaps = context.gaps();
        this.tables = tables;
        this.snapshots = snapshots;
        this.publications = new Publications(source);
        this.attempts = new LockAttempts(catalog::tableState);
        this.watch = new RelationWatch(source, context.catalog(), publications);
        this.takeUp = new TableTakeUp(source, context.catalog(), tails, tables, snapshots, publications);
    }

    /**
     * Before the stream begins: a captured table that someone took out of the publication has a gap, and is read anew. One that was dropped
     * is {@link RelationWatch}'s.
     *
     * @param isNew whether an epoch begins, with a gap and new reading of every table
     */
    void restore(Connection connection, Cluster cluster, boolean isNew) throws SQLException, SourceNotReadyException {
        publications.publishGeneratedColumns(connection);
        Set<Long> published = publications.oids(connection);
        for (CapturedTable table : mine()) {
            if (tables.find(table.table()).isEmpty() || table.state() == TableState.FAILED) {
                continue;
            }
            Optional<SourceTable> found = present(connection, table);
            if (found.isPresent() && !published.contains(found.get().oid())) {
                publish(connection, found.get(), () -> {
                    if (!isNew) {
                        unpublished(table, cluster);
                    }
                });
            }
        }
    }

    /** The gap is noted before the table is published for all to see, and not where somebody holds the table. */
    private void publish(Connection connection, SourceTable table, Runnable gap)
            throws SQLException, SourceNotReadyException {
        connection.setAutoCommit(false);
        try {
            boolean published = SourceLocks.runUnlessHeld(() -> {
                publications.add(connection, table.table(), table.identityUsable());
                gap.run();
                connection.commit();
            });
            if (!published) {
                throw new SourceNotReadyException("The table " + table.table()
                        + " must be put back into the publication " + source.publication()
                        + " first, and somebody alters or vacuums it: waiting for that to end.");
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** The relation that the table was when it was taken up, whatever it is called now. */
    private Optional<SourceTable> present(Connection connection, CapturedTable table) throws SQLException {
        Optional<TableRelations.Relation> bound = catalog.relations().find(table.id());
        return bound.isPresent()
                ? new SourceTables().find(connection, bound.get().oid())
                : new SourceTables().find(connection, table.table());
    }

    private void unpublished(CapturedTable table, Cluster cluster) {
        LOG.warn("{} was not published any more; it is published again and read anew", table.table());
        gaps.ofTable(
                start,
                table,
                new SourceGap.Finding(
                        GapCause.TABLE_UNPUBLISHED,
                        "the table " + table.table() + " was taken out of the publication " + source.publication(),
                        cluster.walLsn()));
    }

    /** Compares the catalog with what is captured, and acts on the differences. */
    void reconcile(Connection connection, StreamPublisher publisher)
            throws SQLException, SourceNotReadyException, InterruptedException {
        Map<Long, TableSnapshot> open = new HashMap<>();
        catalog.openSnapshots().forEach(snapshot -> open.putIfAbsent(snapshot.tableId(), snapshot));
        List<CapturedTable> mine = mine();
        watch.look(connection, mine);
        Map<Long, TableRelations.Relation> relations = catalog.relations().of(source.name());
        for (CapturedTable table : mine) {
            TableRelations.Relation relation = relations.get(table.id());
            switch (table.state()) {
                case PENDING -> takeUp.run(connection, table);
                case REMOVING -> takeOut(connection, table);
                case SNAPSHOTTING, STREAMING, PAUSED -> {
                    TableSnapshot snapshot = open.get(table.id());
                    Optional<TableTopic> topic = tables.find(table.table());
                    CapturedTable present = underPresentName(table, relation);
                    topic.ifPresent(known -> snapshots.know(present, known));
                    if (topic.isPresent() && snapshot != null) {
                        snapshots.request(present, topic.get(), snapshot);
                    } else if (table.state() == TableState.SNAPSHOTTING && !snapshots.isActive(table.id())) {
                        snapshots.settle(table);
                    } else if (table.state() == TableState.STREAMING && snapshot == null) {
                        readAgain(table, relation);
                    }
                }
                case FAILED -> snapshots.cancel(table.id());
            }
        }
    }

    /** The rows are read from the relation by the name that it has now, and published under the registered one. */
    private static CapturedTable underPresentName(CapturedTable table, TableRelations.@Nullable Relation relation) {
        TableId name = relation == null ? null : relation.renamedTo();
        return name == null ? table : table.named(name);
    }

    private void readAgain(CapturedTable table, TableRelations.@Nullable Relation relation) {
        if (relation != null && relation.rereadReason() != null) {
            LOG.info("The rows of {} are read again: {}", table.table(), relation.rereadReason());
            catalog.readAnew(table.id(), "millrace: " + relation.rereadReason());
            catalog.relations().reread(table.id(), null);
        }
    }

    private List<CapturedTable> mine() {
        return catalog.tables().stream()
                .filter(table -> table.source().equals(source.name()))
                .toList();
    }

    private void takeOut(Connection connection, CapturedTable table)
            throws SQLException, SourceNotReadyException, InterruptedException {
        snapshots.cancel(table.id());
        if (!attempts.run(table, WAITS_FOR_OWNERS, () -> unpublish(connection, table))) {
            return;
        }
        attempts.succeeded(table.id());
        tables.remove(table.table());
        catalog.removeTable(table.id());
        LOG.info("Captures {} of {} no more", table.table(), source.name());
    }

    private void unpublish(Connection connection, CapturedTable table) throws SQLException {
        Optional<SourceTable> present = present(connection, table);
        if (present.isPresent()) {
            TableId name = present.get().table();
            String publication = publications.read(connection).get(name);
            if (publication != null) {
                publications.drop(connection, name, publication);
            }
        }
    }
}
