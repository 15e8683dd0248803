package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Memory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.io.IOException;
import java.util.List;

/** Keeps each row as a document under the table's alias, versioned by the server. */
final class ElasticsearchSink implements RebuildableSink, HeldState, AutoCloseable {

    private final ElasticsearchAccess elasticsearch;
    private final TombstonePruning pruning;
    private final IndexWriter writer;
    private final IndexRebuild rebuild;
    private final HeldSearch held;
    private final Memory memory;

    ElasticsearchSink(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties) {
        int maxBulk = (int) properties.maxBulk().toBytes();
        IndexMaker maker = new IndexMaker(elasticsearch, properties);
        TableIndexes indexes = new TableIndexes(elasticsearch, maker);
        this.elasticsearch = elasticsearch;
        this.pruning = new TombstonePruning(elasticsearch, properties.tombstoneRetention(), maxBulk);
        Tombstones tombstones = new Tombstones(elasticsearch, properties, maxBulk);
        RowWriter rows = new RowWriter(elasticsearch, tombstones, maxBulk);
        this.writer = new IndexWriter(indexes, rows, tombstones, new Truncation(elasticsearch, maxBulk));
        this.rebuild = new IndexRebuild(elasticsearch, indexes, maker, writer, new DeletedSince(tombstones));
        this.held = new HeldSearch(elasticsearch);
        this.memory = new Memory(
                properties.tombstoneRetention(), "deleted rows", "millrace.sinks.elasticsearch.tombstone-retention");
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
    public Memory memory() {
        return memory;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        return writer.write(batch.changes());
    }

    @Override
    public void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException {
        held.find(table, version, withRows, page);
    }

    @Override
    public void check() throws SinkException {
        elasticsearch.call("GET", "/_cluster/health?filter_path=status", null, (tokens, answer) -> true);
        pruning.prune();
    }

    @Override
    public String plan(CapturedTable table, String asked) throws SinkException {
        return rebuild.plan(table);
    }

    @Override
    public void prepare(Copy copy) throws SinkException {
        rebuild.prepare(copy);
    }

    @Override
    public List<Failure> feed(Copy copy, List<Change> changes) throws SinkException {
        return rebuild.feed(copy, changes);
    }

    @Override
    public Comparison compare(Copy copy, long readSince, Progress progress) throws SinkException {
        return rebuild.compare(copy, readSince, progress);
    }

    @Override
    public void exchange(Copy copy) throws SinkException {
        rebuild.exchange(copy);
    }

    @Override
    public void prepareBack(Copy copy) throws SinkException {
        rebuild.prepareBack(copy);
    }

    @Override
    public Comparison compareBack(Copy copy, Progress progress) throws SinkException {
        return rebuild.compareBack(copy, progress);
    }

    @Override
    public void exchangeBack(Copy copy) throws SinkException {
        rebuild.exchangeBack(copy);
    }

    @Override
    public void discard(Copy copy) throws SinkException {
        rebuild.discard(copy);
    }

    static Failure failure(int index, ItemResult result, ErrorCategory category) {
        return new Failure(index, category, "Elasticsearch: " + result.type() + ": " + result.reason());
    }

    @Override
    public void close() throws IOException {
        elasticsearch.close();
    }
}
