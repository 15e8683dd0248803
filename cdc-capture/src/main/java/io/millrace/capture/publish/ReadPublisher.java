package io.millrace.capture.publish;

import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

/** Publishes rows that a snapshot read, at the place in the stream where it is called. Used by the publishing thread. */
public final class ReadPublisher {

    private final RecordSender sender;
    private final StreamProgress progress;

    ReadPublisher(RecordSender sender, StreamProgress progress) {
        this.sender = sender;
        this.progress = progress;
    }

    /** How many records were sent: rows that are there, and rows that are not. */
    public record Sent(int rows, int missing) {}

    /** Publishes those entries of a batch that are wanted, by their index. */
    public Sent publish(ReadBatch batch, IntPredicate wanted) {
        SourcePosition upTo = progress.lastPosition();
        byte[] publishedUpTo = upTo == null ? null : upTo.toString().getBytes(StandardCharsets.US_ASCII);
        TableTopic topic = batch.topic();
        int rows = 0;
        int missing = 0;
        for (int i = 0; i < batch.size(); i++) {
            if (!wanted.test(i)) {
                continue;
            }
            ReadBatch.Entry entry = batch.entry(i);
            if (publishedUpTo != null) {
                entry.headers().add(EventHeaders.PUBLISHED_UP_TO, publishedUpTo);
            }
            byte[] key = entry.key();
            sender.send(
                    topic.topic(), topic.partition(key), key.length == 0 ? null : key, entry.value(), entry.headers());
            if (entry.missing()) {
                missing++;
            } else {
                rows++;
            }
        }
        progress.count(rows + missing);
        topic.published().increment(rows + missing);
        return new Sent(rows, missing);
    }

    /** Runs something once Kafka has everything that was published so far. */
    public void afterAcknowledgement(Runnable then) {
        sender.seal(null, then);
    }
}
