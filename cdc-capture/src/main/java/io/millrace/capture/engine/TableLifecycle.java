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
import io.millrace.catalog.SinkDescription;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.catalog.preflight.TablePreflight;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes tables up and out while the source streams, as the catalog wants it. Called by the runner's thread. */
final class TableLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(TableLifecycle.class);
    private static final String HISTORY = "audit";

    private final Source source;
    private final CaptureOffset start;
    private final PipelineCatalog catalog;
    private final SourceGaps gaps;
    private final PublishedTails tails;
    private final CapturedTables tables;
    private final Snapshots snapshots;
    private final Publications publications;

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
        this.tails = tails;
        this.tables = tables;
        this.snapshots = snapshots;
        this.publications = new Publications(source);
    }

    /**
     * Before the stream begins: a captured table that someone took out of the publication has a gap, and is read anew.
     *
     * @param isNew whether an epoch begins, with a gap and new reading of every table
     */
    void restore(Connection connection, Cluster cluster, boolean isNew) throws SQLException {
        Map<TableId, String> published = publications.read(connection);
        for (CapturedTable table : mine()) {
            boolean captured = tables.find(table.table()).isPresent();
            if (captured && !published.containsKey(table.table())) {
                Optional<SourceTable> found = new SourceTables().find(connection, table.table());
                if (found.isEmpty()) {
                    catalog.tableState(
                            table.id(),
                            TableState.FAILED,
                            "The table " + table.table()
                                    + " is not in the source any more. Remove it here, or create it"
                                    + " again at the source.");
                } else {
                    if (!isNew) {
                        unpublished(table, cluster);
                    }
                    publications.add(connection, table.table(), found.get().identityUsable());
                }
            }
        }
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
        catalog.openSnapshots().forEach(snapshot -> open.put(snapshot.tableId(), snapshot));
        for (CapturedTable table : mine()) {
            switch (table.state()) {
                case PENDING -> takeUp(connection, table);
                case REMOVING -> takeOut(connection, table);
                case SNAPSHOTTING, STREAMING, PAUSED -> {
                    TableSnapshot snapshot = open.get(table.id());
                    Optional<TableTopic> topic = tables.find(table.table());
                    if (topic.isPresent() && snapshot != null) {
                        snapshots.request(table, topic.get(), snapshot);
                    } else if (table.state() == TableState.SNAPSHOTTING && !snapshots.isActive(table.id())) {
                        catalog.tableState(table.id(), TableState.STREAMING, null);
                    }
                }
                case FAILED -> {}
            }
        }
    }

    private List<CapturedTable> mine() {
        return catalog.tables().stream()
                .filter(table -> table.source().equals(source.name()))
                .toList();
    }

    private void takeUp(Connection connection, CapturedTable table)
            throws SQLException, SourceNotReadyException, InterruptedException {
        boolean needsKey = needsKey(table);
        List<Finding> findings = new TablePreflight().check(connection, source, table.table(), needsKey);
        if (!Finding.pass(findings)) {
            String problems = findings.stream()
                    .filter(Finding::isError)
                    .map(Finding::text)
                    .collect(Collectors.joining(" "));
            LOG.warn("{} cannot be captured: {}", table.table(), problems);
            catalog.tableState(table.id(), TableState.FAILED, problems);
            return;
        }
        SourceTable described =
                new SourceTables().find(connection, table.table()).orElseThrow();
        Optional<TableTopic> topic = tails.topic(table, Cluster.read(connection));
        if (topic.isEmpty()) {
            catalog.tableState(
                    table.id(),
                    TableState.FAILED,
                    "The topic " + table.topic() + " holds later changes than " + source.name() + " has written:"
                            + " it is left from another server or another installation. Remove the table here, delete"
                            + " the topic, and register the table again.");
            return;
        }
        // known before it is published: its first change finds it
        tables.put(topic.get());
        if (!publications.read(connection).containsKey(table.table())) {
            publications.add(connection, table.table(), described.identityUsable());
        }
        LOG.info("Captures {} of {}", table.table(), source.name());
        catalog.tableState(table.id(), TableState.SNAPSHOTTING, null);
    }

    /** A sink of which nothing is published is taken to need one. */
    private boolean needsKey(CapturedTable table) {
        Set<String> withoutKey = catalog.sinks().stream()
                .filter(sink -> !sink.needsKey())
                .map(SinkDescription::name)
                .collect(Collectors.toSet());
        return table.sinks().stream()
                .anyMatch(binding -> !binding.sink().equals(HISTORY) && !withoutKey.contains(binding.sink()));
    }

    private void takeOut(Connection connection, CapturedTable table) throws SQLException {
        snapshots.cancel(table.id());
        String publication = publications.read(connection).get(table.table());
        if (publication != null) {
            publications.drop(connection, table.table(), publication);
        }
        tables.remove(table.table());
        catalog.removeTable(table.id());
        LOG.info("Captures {} of {} no more", table.table(), source.name());
    }
}
