package io.millrace.capture.publish;

import io.millrace.capture.publish.EnvelopeWriter.Image;
import io.millrace.capture.publish.EnvelopeWriter.Origin;
import io.millrace.capture.wal.Tuple;
import io.millrace.event.EventHeaders;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Publishes rows that a snapshot read, at the place in the stream where it is called. Used by the publishing thread. */
public final class ReadPublisher {

    private final RecordSender sender;
    private final EnvelopeWriter writer;
    private final StreamProgress progress;
    private final int epoch;

    ReadPublisher(RecordSender sender, EnvelopeWriter writer, StreamProgress progress, int epoch) {
        this.sender = sender;
        this.writer = writer;
        this.progress = progress;
        this.epoch = epoch;
    }

    /**
     * Publishes rows that were read together.
     *
     * @param lowWatermark below every change that the read cannot have seen
     * @param firstIndex number of the first row in its chunk
     */
    public void publish(Published table, long lowWatermark, int firstIndex, List<Tuple> rows, Instant readAt) {
        long micros = readAt.getEpochSecond() * 1_000_000 + readAt.getNano() / 1000;
        SourcePosition upTo = progress.lastPosition();
        byte[] publishedUpTo = upTo == null ? null : upTo.toString().getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < rows.size(); i++) {
            Tuple row = rows.get(i);
            SourcePosition position = SourcePosition.ofRead(epoch, lowWatermark, firstIndex + i);
            Origin origin = new Origin(position, lowWatermark, micros, null, null);
            Image after = new Image(row, null, false);
            RecordHeaders headers = writer.headers(table, null, after, origin);
            if (publishedUpTo != null) {
                headers.add(EventHeaders.PUBLISHED_UP_TO, publishedUpTo);
            }
            byte[] key = writer.key(table.shape(), row, null);
            sender.send(
                    table.topic().topic(),
                    table.topic().partition(key),
                    key.length == 0 ? null : key,
                    writer.value(table, Operation.READ, null, after, origin),
                    headers);
        }
        progress.count(rows.size());
        table.topic().published().increment(rows.size());
    }

    /** Returns the key of a row, as its records carry it. */
    public byte[] key(Published table, Tuple row) {
        return writer.key(table.shape(), row, null);
    }

    /** Runs something once Kafka has everything that was published so far. */
    public void afterAcknowledgement(Runnable then) {
        sender.seal(null, then);
    }
}
