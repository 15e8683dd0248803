package io.millrace.catalog;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How far a sink is in one partition of a topic; the truth, which the consumer group's offsets follow.
 *
 * @param nextOffset the first offset that is not applied yet
 * @param lastPosition {@link io.millrace.event.SourcePosition} of the newest change before {@code nextOffset}, as text; snapshot reads are
 *     none. Null where the sink was moved since, so that it is not known
 * @param committedAt when that change was committed at its source
 * @param events how many records were applied
 * @param waitingSince since when the sink is waited for; null when it is not
 * @param waitingFor what for, in a sentence
 * @param replayUntil records below this offset were delivered before a rewind; 0 when there was none
 * @param rewinds how often the offset was moved by a person
 * @param topicId of the topic that the offset counts in, as Kafka tells topics of one name apart; null until a worker has noted it
 */
public record DeliveryOffset(
        String sink,
        String topic,
        int partition,
        long nextOffset,
        @Nullable String lastPosition,
        @Nullable Instant committedAt,
        long events,
        @Nullable Instant waitingSince,
        @Nullable String waitingFor,
        long replayUntil,
        int rewinds,
        @Nullable UUID topicId,
        Instant updatedAt) {

    /** Tells whether what is delivered next was delivered before. */
    public boolean replays() {
        return nextOffset < replayUntil;
    }
}
