package io.millrace.capture.engine;

import io.millrace.capture.publish.StreamPublisher;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.publish.TopicAdmin;
import io.millrace.capture.snapshot.Snapshots;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
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
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes tables up and out while the source streams, as the catalog wants it. Called by the runner's thread. */
final class TableLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(TableLifecycle.class);
    private static final String HISTORY = "audit";
    private static final String WAITS_FOR_WRITERS =
            "It has no key, so its rows and its changes must be told apart at one moment without writers: waiting for a"
                    + " transaction that writes to it to end.";

    private final Source source;
    private final CaptureOffset start;
    private final PipelineCatalog catalog;
    private final TopicAdmin topics;
    private final CapturedTables tables;
    private final Snapshots snapshots;
    private final CaptureStatus status;
    private final Publications publications;

    TableLifecycle(
            Source source,
            CaptureOffset start,
            PipelineCatalog catalog,
            TopicAdmin topics,
            CapturedTables tables,
            Snapshots snapshots,
            CaptureStatus status) {
        this.source = source;
        this.start = start;
        this.catalog = catalog;
        this.topics = topics;
        this.tables = tables;
        this.snapshots = snapshots;
        this.status = status;
        this.publications = new Publications(source);
    }

    /** Before the stream begins: a captured table that someone took out of the publication has a gap, and is read anew. */
    void restore(Connection connection) throws SQLException {
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
                    LOG.warn("{} was not published any more; it is published again and read anew", table.table());
                    publications.add(connection, table.table(), found.get().identityUsable());
                    snapshots.readAnew(table);
                }
            }
        }
    }

    /** Compares the catalog with what is captured, and acts on the differences. */
    void reconcile(Connection connection, StreamPublisher publisher) throws SQLException, InterruptedException {
        Map<Long, TableSnapshot> open = new HashMap<>();
        catalog.openSnapshots().forEach(snapshot -> open.putIfAbsent(snapshot.tableId(), snapshot));
        for (CapturedTable table : mine()) {
            switch (table.state()) {
                case PENDING -> takeUp(connection, table);
                case REMOVING -> takeOut(connection, table);
                case SNAPSHOTTING, STREAMING, PAUSED -> {
                    TableSnapshot snapshot = open.get(table.id());
                    Optional<TableTopic> topic = tables.find(table.table());
                    topic.ifPresent(known -> snapshots.know(table, known));
                    if (topic.isPresent() && snapshot != null) {
                        snapshots.request(table, topic.get(), snapshot);
                    } else if (table.state() == TableState.SNAPSHOTTING && !snapshots.isActive(table.id())) {
                        snapshots.settle(table);
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

    private void takeUp(Connection connection, CapturedTable table) throws SQLException, InterruptedException {
        boolean needsKey =
                table.sinks().stream().anyMatch(binding -> !binding.sink().equals(HISTORY));
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
        int partitions = topics.ensure(table.topic());
        TableTopic topic = SourceRunner.topic(
                source,
                start,
                table,
                Objects.requireNonNull(
                        topics.tails(Map.of(table.topic(), partitions)).get(table.topic())),
                status.published(table));
        // known before it is published: its first change finds it
        tables.put(topic);
        snapshots.takeUp(table);
        if (!publications.read(connection).containsKey(table.table()) && !publish(connection, table, described)) {
            return;
        }
        LOG.info("Captures {} of {}", table.table(), source.name());
        catalog.tableState(table.id(), TableState.SNAPSHOTTING, null);
    }

    /** Returns false where writers of a table without a key must be waited for; then it is tried again with the next look. */
    private boolean publish(Connection connection, CapturedTable table, SourceTable described) throws SQLException {
        if (described.hasKey()) {
            publications.add(connection, table.table(), described.identityUsable());
            return true;
        }
        boolean published = snapshots.publishKeyless(
                connection, table, publications.adding(table.table(), described.identityUsable()));
        if (!published && !WAITS_FOR_WRITERS.equals(table.message())) {
            catalog.tableState(table.id(), TableState.PENDING, WAITS_FOR_WRITERS);
        }
        return published;
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
