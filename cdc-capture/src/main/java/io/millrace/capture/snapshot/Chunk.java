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

    private final String id;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final Set<String> touched = new HashSet<>();
    private final Set<String> incomplete = new HashSet<>();
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
     */
    record Outcome(ReadPublisher.Sent sent, Set<String> again, boolean truncated) {}

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
        ReadBatch read = content;
        if (read == null) {
            throw new IllegalStateException("The high watermark of the chunk " + id + " came before its rows");
        }
        Set<String> again = new HashSet<>();
        boolean quiet = touched.isEmpty();
        ReadPublisher.Sent sent = publisher.publish(read, index -> {
            if (quiet || truncated) {
                return !truncated;
            }
            String key = read.key(index);
            if (incomplete.contains(key)) {
                again.add(key);
            }
            return !touched.contains(key);
        });
        Outcome result = new Outcome(sent, again, truncated);
        publisher.afterAcknowledgement(() -> outcome.complete(result));
    }
}
