package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadBatch;
import io.millrace.capture.publish.ReadPublisher;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Rows that were read together, and what the stream did to their table meanwhile. Filled by the reading thread before its high watermark
 * is written; touched and published by the publishing thread.
 */
final class Chunk {

    /** About 30 MB of keys; more are touched only while the stream is far behind, and then the rows are read anew. */
    private static final int MOST_TOUCHED = 200_000;

    private final String id;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final Touched touched = new Touched(MOST_TOUCHED);
    private boolean truncated;
    private volatile @Nullable ReadBatch content;

    Chunk(String id) {
        this.id = id;
    }

    /**
     * How it ended, once Kafka has its rows.
     *
     * @param sent how many records
     * @param again keys of rows that were read and must be once more: the stream changed them without sending all their values
     * @param truncated whether the table was emptied meanwhile
     * @param overrun whether nothing was sent, because the stream touched more rows than can be held: then it must be read anew
     */
    record Outcome(ReadPublisher.Sent sent, Set<String> again, boolean truncated, boolean overrun) {}

    String id() {
        return id;
    }

    void fill(ReadBatch read) {
        content = read;
    }

    CompletableFuture<Outcome> outcome() {
        return outcome;
    }

    void touch(byte[] key, boolean complete) {
        touched.add(new String(key, StandardCharsets.UTF_8), complete);
    }

    void truncate() {
        truncated = true;
        touched.clear();
    }

    /** Publishes the rows at this place of the stream, without those that it has overtaken. */
    void publish(ReadPublisher publisher) {
        ReadBatch read = content;
        if (read == null) {
            throw new IllegalStateException("The high watermark of the chunk " + id + " came before its rows");
        }
        Set<String> again = new HashSet<>();
        boolean overrun = touched.isOverrun() && !truncated;
        boolean quiet = touched.isEmpty();
        ReadPublisher.Sent sent = publisher.publish(read, index -> {
            if (quiet || truncated || overrun) {
                return !truncated && !overrun;
            }
            String key = read.key(index);
            if (touched.isIncomplete(key)) {
                again.add(key);
            }
            return !touched.contains(key);
        });
        Outcome result = new Outcome(sent, again, truncated, overrun);
        publisher.afterAcknowledgement(() -> outcome.complete(result));
    }
}
