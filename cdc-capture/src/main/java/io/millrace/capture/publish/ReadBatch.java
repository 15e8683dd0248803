package io.millrace.capture.publish;

import io.millrace.capture.publish.EnvelopeWriter.Image;
import io.millrace.capture.publish.EnvelopeWriter.Origin;
import io.millrace.capture.wal.Tuple;
import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Rows that were read together, as the records that they become. Filled by one thread, then published by another. */
public final class ReadBatch {

    private final EnvelopeWriter writer;
    private final int epoch;
    private final Published table;
    private final long lowWatermark;
    private final int firstIndex;
    private final long micros;
    private final List<Entry> entries = new ArrayList<>();

    ReadBatch(EnvelopeWriter writer, int epoch, Published table, long lowWatermark, int firstIndex, Instant readAt) {
        this.writer = writer;
        this.epoch = epoch;
        this.table = table;
        this.lowWatermark = lowWatermark;
        this.firstIndex = firstIndex;
        this.micros = readAt.getEpochSecond() * 1_000_000 + readAt.getNano() / 1000;
    }

    /** A record, but for what is known only where it is published. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(byte[] key, byte[] value, RecordHeaders headers, boolean missing) {}

    /** Adds a row as it was read. */
    public void add(Tuple row) {
        Origin origin = origin();
        Image after = new Image(row, null, false);
        entries.add(new Entry(
                writer.key(table.shape(), row, null),
                writer.value(table, Operation.READ, null, after, origin),
                writer.headers(table, null, after, origin),
                false));
    }

    /** Adds that the source has no row under a key. */
    public void addMissing(RowKey key) {
        Origin origin = origin();
        byte[] json = key.json().getBytes(StandardCharsets.UTF_8);
        entries.add(new Entry(json, writer.missing(table, json, origin), writer.keyOnlyHeaders(table, origin), true));
    }

    private Origin origin() {
        SourcePosition position = SourcePosition.ofRead(epoch, lowWatermark, firstIndex + entries.size());
        return new Origin(position, lowWatermark, micros, null, null);
    }

    public int size() {
        return entries.size();
    }

    /** Returns the key of an entry, as its record carries it. */
    public String key(int index) {
        return new String(entries.get(index).key(), StandardCharsets.UTF_8);
    }

    /** Returns the key of the last row; null where there is none. */
    public @Nullable String lastKey() {
        return entries.isEmpty() ? null : key(entries.size() - 1);
    }

    TableTopic topic() {
        return table.topic();
    }

    Entry entry(int index) {
        return entries.get(index);
    }
}
