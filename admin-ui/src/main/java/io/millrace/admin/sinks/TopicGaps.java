package io.millrace.admin.sinks;

import io.millrace.admin.sinks.TopicSearch.Range;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.FormerLetters;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** What a topic no longer holds of what a sink was to be given next: retention deleted it, or the topic was made anew. */
@Component("adminTopicGaps")
class TopicGaps {

    private final Offsets offsets;
    private final TopicSearch topics;
    private final FormerLetters letters;

    TopicGaps(Offsets offsets, TopicSearch topics, FormerLetters letters) {
        this.offsets = offsets;
        this.topics = topics;
        this.letters = letters;
    }

    /** What is behind a sink's offset in one partition. */
    enum Standing {
        WHOLE,
        /** Retention deleted what comes next. */
        DELETED,
        /** The offset counts in a former topic of the same name. */
        ANEW;

        static Standing of(@Nullable DeliveryOffset offset, Range range, UUID topicId) {
            long next = offset == null ? 0 : offset.nextOffset();
            if (offset != null && offset.topicId() != null && !offset.topicId().equals(topicId) || next > range.end()) {
                return ANEW;
            }
            return range.holds(next) ? WHOLE : DELETED;
        }
    }

    /** How a sink stands in a partition, and where that begins now. */
    record Place(Standing standing, long begin) {}

    /** A topic as it is now, and how a sink stands in each of its partitions. */
    record Look(UUID topicId, Map<TopicPartition, Place> places) {

        /** Tells whether the topic holds what comes next in each partition. */
        boolean isWhole() {
            return places.values().stream().allMatch(place -> place.standing() == Standing.WHOLE);
        }

        Map<TopicPartitionId, Long> begins(Standing standing) {
            return places.entrySet().stream()
                    .filter(entry -> entry.getValue().standing() == standing)
                    .collect(Collectors.toMap(
                            entry -> new TopicPartitionId(
                                    entry.getKey().topic(), entry.getKey().partition()),
                            entry -> entry.getValue().begin()));
        }
    }

    /** Asks Kafka. */
    Look look(String sink, CapturedTable table) {
        UUID topicId = topics.id(table.topic());
        Map<TopicPartition, DeliveryOffset> stored = offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .collect(Collectors.toMap(
                        offset -> new TopicPartition(offset.topic(), offset.partition()), Function.identity()));
        Map<TopicPartition, Place> places = new HashMap<>();
        topics.ranges(table.topic())
                .forEach((partition, range) -> places.put(
                        partition, new Place(Standing.of(stored.get(partition), range, topicId), range.begin())));
        return new Look(topicId, places);
    }

    /**
     * Where a partition counts anew, what is kept by offset is to be set apart before the sink is moved in it.
     *
     * @throws Problem if the topic was made anew since the sink was given records of it
     */
    void requireSameTopic(String sink, CapturedTable table) {
        if (!look(sink, table).begins(Standing.ANEW).isEmpty()) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "The topic was made anew",
                    table.topic() + " is another topic than the one that " + sink + " was given records of: resume "
                            + sink + " first, which begins with it anew.");
        }
    }

    /** Moves the sink over what the topic no longer holds. What was lost there, only a new snapshot can make good. */
    void pass(String sink, Look look) {
        Map<TopicPartitionId, Long> begun = look.begins(Standing.ANEW);
        letters.setApart(sink, begun.keySet());
        offsets.rewind(sink, look.begins(Standing.DELETED));
        offsets.beginAnew(sink, begun, look.topicId());
    }
}
