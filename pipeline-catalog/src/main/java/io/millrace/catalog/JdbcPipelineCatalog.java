package io.millrace.catalog;

import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.Alerts.Trouble;
import io.millrace.catalog.snapshot.JdbcSnapshotRuns;
import io.millrace.event.TableId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** The catalog as one: each part of it knows its own rows. */
final class JdbcPipelineCatalog implements PipelineCatalog {

    private final TransactionTemplate transaction;
    private final JdbcSources sources;
    private final JdbcTables tables;
    private final JdbcBindings bindings;
    private final JdbcSnapshotRuns snapshots;
    private final TableRelations relations;
    private final Alerts alerts;
    private final JdbcSinks sinks;

    JdbcPipelineCatalog(JdbcTemplate template, TransactionTemplate transaction, SecretCipher cipher) {
        JdbcClient sql = JdbcClient.create(template);
        this.transaction = transaction;
        this.sources = new JdbcSources(sql, cipher);
        this.bindings = new JdbcBindings(sql);
        this.tables = new JdbcTables(sql, transaction, bindings);
        this.snapshots = new JdbcSnapshotRuns(template, transaction);
        this.relations = new JdbcTableRelations(sql);
        this.alerts = new JdbcAlerts(sql);
        this.sinks = new JdbcSinks(template);
    }

    @Override
    public List<Source> sources() {
        return sources.all();
    }

    @Override
    public Optional<Source> source(String name) {
        return sources.find(name);
    }

    @Override
    public void addSource(Source source, String by) {
        sources.add(source, by);
    }

    @Override
    public void updateSourceConnection(Source source) {
        sources.updateConnection(source);
    }

    @Override
    public void sourceState(String name, SourceState state, @Nullable String message) {
        sources.state(name, state, message);
    }

    @Override
    public int beginEpoch(String name) {
        return sources.beginEpoch(name);
    }

    @Override
    public void removeSource(String name) {
        sources.remove(name);
    }

    @Override
    public List<CapturedTable> tables() {
        return tables.all();
    }

    @Override
    public Optional<CapturedTable> table(long id) {
        return tables.find(id);
    }

    @Override
    public Optional<CapturedTable> table(String source, TableId table) {
        return tables.find(source, table);
    }

    @Override
    public CapturedTable register(TableRegistration wanted) {
        return tables.register(wanted);
    }

    @Override
    public void tableState(long tableId, TableState state, @Nullable String message) {
        tables.state(tableId, state, message);
    }

    @Override
    public void tableFailed(CapturedTable table, String alert, String message, String wayOut) {
        transaction.executeWithoutResult(status -> {
            if (tables.state(table.id(), TableState.FAILED, message + " " + wayOut)) {
                alerts.raise(Trouble.of(alert, Severity.CRITICAL, table, null, message, wayOut));
            }
        });
    }

    @Override
    public int recordSchema(
            long tableId,
            List<Column> columns,
            List<String> keyColumns,
            ReplicaIdentity identity,
            @Nullable Long firstLsn) {
        return tables.recordSchema(tableId, columns, keyColumns, identity, firstLsn);
    }

    @Override
    public List<TableSchema> schemas(long tableId) {
        return tables.schemas(tableId);
    }

    @Override
    public void removeTable(long tableId) {
        tables.remove(tableId);
    }

    @Override
    public void bindingState(long tableId, String sink, BindingState state, @Nullable String message) {
        bindings.state(tableId, sink, state, message);
    }

    @Override
    public void bindingFailed(CapturedTable table, String sink, String message) {
        transaction.executeWithoutResult(status -> {
            if (bindings.state(table.id(), sink, BindingState.FAILED, message)) {
                alerts.raise(StoppedBinding.trouble(sink, table, message, tables.schemas(table.id())));
            }
        });
    }

    @Override
    public boolean reopenBinding(long tableId, String sink) {
        return bindings.reopen(tableId, sink);
    }

    @Override
    public void bindingOptions(long tableId, String sink, String options) {
        bindings.options(tableId, sink, options);
    }

    @Override
    public Optional<TableSnapshot> snapshot(long tableId) {
        return snapshots.of(tableId, 1).stream().findFirst();
    }

    @Override
    public List<TableSnapshot> openSnapshots() {
        return snapshots.open();
    }

    @Override
    public TableSnapshot requestSnapshot(long tableId, String by) {
        return snapshots.request(tableId, null, by);
    }

    @Override
    public TableSnapshot readAnew(long tableId, String by) {
        return snapshots.readAnew(tableId, by);
    }

    @Override
    public void snapshotEnded(long snapshotId, SnapshotState state, @Nullable String message) {
        snapshots.ended(snapshotId, state, message);
    }

    @Override
    public TableRelations relations() {
        return relations;
    }

    @Override
    public Alerts alerts() {
        return alerts;
    }

    @Override
    public void publishSinks(List<SinkDescription> published) {
        sinks.publish(published);
    }

    @Override
    public List<SinkDescription> sinks() {
        return sinks.all();
    }
}
