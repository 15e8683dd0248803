package io.millrace.sync.deadletter;

import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter as it stands in the catalog, to be given to its sink again.
 *
 * @param offset of the record in its topic; negative where that was made anew since
 * @param letterOffset of its copy in the topic of dead letters; null for one kept before that was noted
 * @param keyHash what its row is told apart by; null where it names none
 * @param eventId of the event that it is about; null where the record is none
 */
public record KeptLetter(
        long id,
        String sink,
        TopicPartition partition,
        long offset,
        @Nullable Long letterOffset,
        @Nullable Long keyHash,
        @Nullable String eventId) {}
