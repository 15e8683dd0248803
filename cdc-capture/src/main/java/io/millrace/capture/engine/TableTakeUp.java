package io.millrace.capture.engine;

import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.slot.Cluster;
import io.millrace.capture.slot.SourceNotReadyException;
import io.millrace.capture.snapshot.Snapshots;
import io.millrace.catalog.AlertName;
import io.millrace.catalog.Alerts;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkDescription;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRelations;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.catalog.preflight.TablePreflight;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins to capture a table: checks it, makes its topic, publishes it. Called by the runner's thread. */
final class TableTakeUp {

    private static final Logger LOG = LoggerFactory.getLogger(TableTakeUp.class);
    private static final String HISTORY = "audit";
    private static final String WAITS_FOR_WRITERS =
            "It has no key, so its rows and its changes must be told apart at one moment without writers: waiting for a"
                    + " transaction that writes to it to end.";
    private static final String WAITS_FOR_OWNERS =
            "Somebody alters or vacuums the table: waiting for that to end, for until then it cannot be published.";

    private final Source source;
    private final PipelineCatalog catalog;
    private final PublishedTails tails;
    private final CapturedTables tables;
    private final Snapshots snapshots;
    private final Publications publications;
    private final LockAttempts attempts;

    TableTakeUp(
            Source source,
            PipelineCatalog catalog,
            PublishedTails tails,
            CapturedTables tables,
            Snapshots snapshots,
            Publications publications) {
        this.source = source;
        this.catalog = catalog;
        this.tails = tails;
        this.tables = tables;
        this.snapshots = snapshots;
        this.publications = publications;
        this.attempts = new LockAttempts(catalog::tableState);
    }

    /**
     * Takes up a table that is PENDING, as far as that is possible now. Where somebody holds it, it is tried again, ever more seldom.
     *
     * @param connection to the source, in auto-commit mode
     */
    void run(Connection connection, CapturedTable table)
            throws SQLException, SourceNotReadyException, InterruptedException {
        attempts.run(table, WAITS_FOR_OWNERS, () -> takeUp(connection, table));
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
            catalog.tableFailed(table, AlertName.TABLE_FAILED, problems, "Mend that, then resume the table.");
            return;
        }
        SourceTable described =
                new SourceTables().find(connection, table.table()).orElseThrow();
        Optional<TableTopic> topic = tails.topic(table, Cluster.read(connection));
        if (topic.isEmpty()) {
            catalog.tableFailed(
                    table,
                    AlertName.TABLE_FAILED,
                    "The topic " + table.topic() + " holds later changes than " + source.name() + " has written:"
                            + " it is left from another server or another installation.",
                    "Remove the table here, delete the topic, and register the table again.");
            return;
        }
        bind(table, described);
        // known before it is published: its first change finds it
        tables.put(topic.get());
        snapshots.takeUp(table);
        if (!publications.oids(connection).contains(described.oid()) && !publish(connection, table, described)) {
            return;
        }
        attempts.succeeded(table.id());
        LOG.info("Captures {} of {}", table.table(), source.name());
        catalog.tableState(table.id(), TableState.SNAPSHOTTING, null);
    }

    /** Returns false where writers of a table without a key must be waited for. */
    private boolean publish(Connection connection, CapturedTable table, SourceTable described) throws SQLException {
        if (described.hasKey()) {
            publications.add(connection, table.table(), described.identityUsable());
            return true;
        }
        boolean published = snapshots.publishKeyless(
                connection, table, publications.adding(table.table(), described.identityUsable()));
        if (!published) {
            attempts.held(table, WAITS_FOR_WRITERS);
        }
        return published;
    }

    /** A table that was dropped and created again is another one: nothing that was read of the old one holds. */
    private void bind(CapturedTable table, SourceTable described) {
        Optional<TableRelations.Relation> before = catalog.relations().find(table.id());
        catalog.relations().bind(table.id(), described.oid());
        if (before.isPresent() && before.get().oid() != described.oid()) {
            catalog.readAnew(table.id(), "millrace: the table was created again");
        }
        // what still stands in the way is met again, and said again
        for (String over : List.of(AlertName.TABLE_FAILED, AlertName.TABLE_DROPPED)) {
            catalog.alerts().resolve(over, Alerts.subject(table, null));
        }
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
}
