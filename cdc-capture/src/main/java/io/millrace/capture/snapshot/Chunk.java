package io.millrace.capture.snapshot;

import io.millrace.capture.publish.Published;
import io.millrace.capture.publish.ReadPublisher;
import io.millrace.capture.wal.Tuple;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were read together, and what the stream did to their table meanwhile. Filled by the reading thread before its high watermark
 * is written; touched and published by the publishing thread.
 */
final class Chunk {

    private final String id;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final Set<String> touched = new HashSet<>();
    private final Set<String> incomplete = new HashSet<>();
    private boolean truncated;
    private volatile @Nullable Content content;

    Chunk(String id) {
        this.id = id;
    }

    /**
     * What was read.
     *
     * @param lowWatermark below every change that the read cannot have seen
     * @param firstIndex number of the first row among those of the same low watermark
     */
    record Content(Published table, long lowWatermark, int firstIndex, List<Tuple> rows, Instant readAt) {}

    /**
     * How it ended, once Kafka has its rows.
     *
     * @param again keys of rows that were read and must be once more: the stream changed them without sending all their values
     * @param truncated whether the table was emptied meanwhile
     */
    record Outcome(int published, Set<String> again, boolean truncated) {}

    String id() {
        return id;
    }

    void fill(Content read) {
        content = read;
    }

    CompletableFuture<Outcome> outcome() {
        return outcome;
    }

    void touch(byte[] key, boolean complete) {
        String text = new String(key, StandardCharsets.UTF_8);
        touched.add(text);
        if (complete) {
            incomplete.remove(text);
        } else {
            incomplete.add(text);
        }
    }

    void truncate() {
        truncated = true;
        touched.clear();
        incomplete.clear();
    }

    /** Publishes the rows at this place of the stream, without those that it has overtaken. */
    void publish(ReadPublisher publisher) {
        Content read = content;
        if (read == null) {
            throw new IllegalStateException("The high watermark of the chunk " + id + " came before its rows");
        }
        List<Tuple> rows = new ArrayList<>();
        Set<String> again = new HashSet<>();
        if (touched.isEmpty() && !truncated) {
            rows = read.rows();
        } else if (!truncated) {
            for (Tuple row : read.rows()) {
                String key = new String(publisher.key(read.table(), row), StandardCharsets.UTF_8);
                if (!touched.contains(key)) {
                    rows.add(row);
                } else if (incomplete.contains(key)) {
                    again.add(key);
                }
            }
        }
        publisher.publish(read.table(), read.lowWatermark(), read.firstIndex(), rows, read.readAt());
        Outcome result = new Outcome(rows.size(), again, truncated);
        publisher.afterAcknowledgement(() -> outcome.complete(result));
    }
}
