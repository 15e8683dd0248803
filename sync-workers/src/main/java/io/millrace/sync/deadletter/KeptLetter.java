package io.millrace.sync.deadletter;

import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter as it stands in the catalog, to be given to its sink again.
 *
 * @param offset of the record in its topic
 * @param letterOffset of its copy in the topic of dead letters; null for one kept before that was noted
 * @param keyHash what its row is told apart by; null where it names none
 */
public record KeptLetter(
        long id,
        String sink,
        TopicPartition partition,
        long offset,
        @Nullable Long letterOffset,
        @Nullable Long keyHash) {}
