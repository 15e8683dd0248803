package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Operation;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Keeps each row as a document under the table's alias, versioned by the server. */
final class ElasticsearchSink implements Sink, HeldState, AutoCloseable {

    private final ElasticsearchAccess elasticsearch;
    private final TableIndexes indexes;
    private final Truncation truncation;
    private final RowWriter rows;
    private final HeldSearch held;

    ElasticsearchSink(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties) {
        int maxBulk = (int) properties.maxBulk().toBytes();
        this.elasticsearch = elasticsearch;
        this.indexes = new TableIndexes(elasticsearch, properties);
        this.truncation = new Truncation(elasticsearch, maxBulk);
        this.rows = new RowWriter(elasticsearch, maxBulk);
        this.held = new HeldSearch(elasticsearch);
    }

    @Override
    public String name() {
        return "elasticsearch";
    }

    @Override
    public String purpose() {
        return "One document for each row, kept equal to it.";
    }

    @Override
    public SinkKind kind() {
        return SinkKind.STATE;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        List<Failure> failures = new ArrayList<>(0);
        Map<Long, String> unusable = prepare(batch.changes());
        List<RowWrite> writes = new ArrayList<>(batch.changes().size());
        Map<Integer, Change> truncates = new HashMap<>();
        for (int i = 0; i < batch.changes().size(); i++) {
            Change change = batch.changes().get(i);
            String why = unusable.get(change.table().id());
            if (why != null) {
                failures.add(new Failure(i, ErrorCategory.FATAL, why));
            } else if (change.event().operation() == Operation.TRUNCATE) {
                truncates.put(i, change);
            } else if (change.event().key() == null) {
                failures.add(new Failure(i, ErrorCategory.REJECTED, "The row has no key: a document needs one"));
            } else {
                writes.add(RowWrite.of(i, change));
            }
        }
        rows.write(writes, write -> failures.add(incomplete(write)))
                .forEach((write, result) -> failures.add(failure(write.index(), write.change(), result)));
        for (Map.Entry<Integer, Change> truncate : truncates.entrySet()) {
            Change change = truncate.getValue();
            String alias =
                    IndexNames.alias(change.table().source(), change.table().table());
            truncation.run(alias, change.event().rowVersion()).stream()
                    .findFirst()
                    .ifPresent(result -> failures.add(failure(truncate.getKey(), change, result)));
        }
        return failures;
    }

    private static Failure incomplete(RowWrite write) {
        return new Failure(
                write.index(),
                ErrorCategory.INCOMPLETE,
                "The change lacks values, and there is no document that has them");
    }

    private Failure failure(int index, Change change, ItemResult result) {
        if (result.isIndexMissing()) {
            indexes.forget(change.table());
        }
        return new Failure(index, result.category(), "Elasticsearch: " + result.type() + ": " + result.reason());
    }

    /** Returns why tables cannot be taken, by id. */
    private Map<Long, String> prepare(List<Change> changes) throws SinkException {
        Map<Long, CapturedTable> tables = new HashMap<>();
        for (Change change : changes) {
            tables.merge(
                    change.table().id(),
                    change.table(),
                    (one, other) -> one.schemaVersion() >= other.schemaVersion() ? one : other);
        }
        Map<Long, String> unusable = new HashMap<>();
        for (CapturedTable table : tables.values()) {
            try {
                indexes.ensure(table);
            } catch (SinkException e) {
                if (e.category() != ErrorCategory.FATAL) {
                    throw e;
                }
                unusable.put(table.id(), String.valueOf(e.getMessage()));
            }
        }
        return unusable;
    }

    @Override
    public void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException {
        held.find(table, version, withRows, page);
    }

    @Override
    public void check() throws SinkException {
        elasticsearch.call("GET", "/_cluster/health?filter_path=status", null, (tokens, answer) -> true);
    }

    @Override
    public void close() throws IOException {
        elasticsearch.close();
    }
}
