package io.millrace.sync.delivery;

import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.Shapings;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * Keeps the consumers of one sink where they belong: subscribed to what the catalog routes to the sink, at the offsets that are
 * stored, paused where a person, a fault or a FAILED binding says so. Everything here runs in the consumer's own thread.
 */
final class Places implements SteeredConsumer.Steering, ConsumerAwareRebalanceListener {

    private static final Logger log = LoggerFactory.getLogger(Places.class);
    private static final Duration LOOKUP_PAUSE = Duration.ofMillis(500);

    private static final String WAY_OUT = "Resume with a new snapshot: the rows are read again as they are now.";

    /** What the catalog said when it was asked at a time of {@link System#nanoTime}. */
    private record Known(Map<String, Route> routes, long askedAt) {

        /** Tells whether no declaration can have begun to hold that is not in it. */
        boolean holds() {
            return System.nanoTime() - askedAt < Shapings.HOLDS_AFTER.toNanos();
        }
    }

    private final String sink;
    private final SinkKind kind;
    private final Faults.Stop stop;
    private final Backoff backoff;
    private final Redelivery redelivery;
    private final DeadLetters deadLetters;
    private final DeliveryMetrics metrics;
    private final SinkHealth health;
    private final CurrentTopics topics;
    private volatile Known known = new Known(Map.of(), System.nanoTime());
    private volatile Notices notices = Notices.NONE;

    Places(
            String sink,
            SinkKind kind,
            Faults.Stop stop,
            Backoff backoff,
            Redelivery redelivery,
            DeadLetters deadLetters,
            DeliveryMetrics metrics,
            SinkHealth health,
            CurrentTopics topics) {
        this.sink = sink;
        this.kind = kind;
        this.stop = stop;
        this.backoff = backoff;
        this.redelivery = redelivery;
        this.deadLetters = deadLetters;
        this.metrics = metrics;
        this.health = health;
        this.topics = topics;
    }

    /** Takes what people asked for; consumers see it before their next poll. */
    void notices(Notices now) {
        notices = now;
    }

    /**
     * Takes what the catalog says; consumers see it before their next poll.
     *
     * @param askedAt {@link System#nanoTime} of just before the catalog was asked
     */
    void routes(Map<String, Route> now, long askedAt) {
        known = new Known(now, askedAt);
    }

    Map<String, Route> routes() {
        return known.routes();
    }

    @Override
    public void beforePoll(SteeredConsumer consumer) {
        Map<String, Route> now = known.routes();
        consumer.follow(now.keySet());
        consumer.offsets().flushDue();
        consumer.commit();
        consumer.offsets().takeMoved().forEach(id -> forget(consumer, id));
        Notices asked = notices;
        Set<TopicPartition> assigned = consumer.assignment();
        List<TopicPartition> lost = new ArrayList<>();
        for (TopicPartition partition : assigned) {
            Place place = consumer.place(partition);
            if (place.rewound(asked.rewinds().getOrDefault(partition, 0))) {
                log.info("{} was rewound in {}", sink, partition);
                consumer.offsets().drop(List.of(id(partition)));
                place.forget();
            }
            // whoever opened it may have moved the stored offset, to have records delivered again
            if (place.opened(isOpen(now.get(partition.topic())))) {
                place.forget();
            }
            if (place.isOutdated(partition.topic(), topics)) {
                consumer.offsets().drop(List.of(id(partition)));
                place.forget();
            }
            if (!place.known() && !place.held()) {
                lost.add(partition);
            }
        }
        locate(consumer, lost);
        redeliver(consumer, asked.due());
        Known latest = known;
        Set<TopicPartition> paused = consumer.paused();
        for (TopicPartition partition : assigned) {
            Place place = consumer.place(partition);
            Route route = latest.routes().get(partition.topic());
            if (route != null && route.open() && place.known() && !place.held()) {
                if (place.isOfFormerTopic()) {
                    lost(
                            consumer,
                            partition,
                            route,
                            madeAnew(partition) + " since " + sink + " was given the records before offset "
                                    + place.next() + ". " + WAY_OUT);
                } else if (place.jumped(consumer.position(partition))) {
                    deleted(consumer, partition, route);
                }
            }
            if (!isOpen(route)) {
                waitsNoLonger(List.of(partition));
            }
            boolean open = isOpen(route) && latest.holds() && place.ready() && !consumer.isHeld();
            consumer.open(partition, open, paused);
        }
    }

    /** For a while, and then what is new has its turn; the next time another partition begins. */
    private void redeliver(SteeredConsumer consumer, Set<TopicPartition> due) {
        List<TopicPartition> turns = new ArrayList<>(consumer.assignment());
        turns.retainAll(due);
        LetterTurns letters = consumer.letters();
        if (turns.isEmpty() || letters.rest()) {
            return;
        }
        Known told = known;
        Collections.rotate(turns, -letters.begin());
        for (TopicPartition partition : turns) {
            Route route = told.routes().get(partition.topic());
            if (route != null && route.open() && consumer.place(partition).ready() && !consumer.isHeld()) {
                redelivery.run(this, consumer, partition, route, () -> told.holds() && letters.goesOn());
            }
        }
        letters.end();
    }

    /** Tells whether a partition's changes may be delivered, as the catalog says by now; for whoever takes long about a batch. */
    boolean isOpen(TopicPartition partition) {
        return isOpen(known.routes().get(partition.topic()));
    }

    private static boolean isOpen(@Nullable Route route) {
        return route != null && route.open();
    }

    private void locate(SteeredConsumer consumer, Collection<TopicPartition> partitions) {
        if (partitions.isEmpty()) {
            return;
        }
        try {
            long askedAt = System.nanoTime();
            Map<String, UUID> ids =
                    topics.ask(partitions.stream().map(TopicPartition::topic).collect(Collectors.toSet()));
            Map<TopicPartitionId, Optional<DeliveryOffset>> stored = consumer.offsets()
                    .stored(partitions.stream().map(Places::id).toList());
            List<TopicPartition> gone = new ArrayList<>();
            Map<TopicPartitionId, UUID> unnoted = new HashMap<>();
            for (TopicPartition partition : partitions) {
                UUID topic = ids.get(partition.topic());
                if (topic == null) {
                    gone.add(partition);
                    continue;
                }
                Optional<DeliveryOffset> offset = stored.getOrDefault(id(partition), Optional.empty());
                UUID counted = offset.map(DeliveryOffset::topicId).orElse(null);
                if (counted == null) {
                    unnoted.put(id(partition), topic);
                }
                Place place = consumer.place(partition);
                place.heldKeys().read(deadLetters, sink, kind, partition);
                place.stand(
                        offset.map(DeliveryOffset::nextOffset).orElse(0L),
                        offset.map(DeliveryOffset::replayUntil).orElse(0L),
                        offset.map(DeliveryOffset::rewinds).orElse(0));
                place.topic(topic, counted, askedAt);
                consumer.seek(partition, place.next());
            }
            consumer.offsets().topics(unnoted);
            lookAgain(consumer, gone, "the topic does not exist");
        } catch (DataAccessException | KafkaException e) {
            lookAgain(consumer, partitions, String.valueOf(e.getMessage()));
        }
    }

    private void lookAgain(SteeredConsumer consumer, Collection<TopicPartition> partitions, String why) {
        if (!partitions.isEmpty()) {
            log.warn("Where {} stands in {} cannot be looked up yet: {}", sink, partitions, why);
            consumer.pause(partitions);
            partitions.forEach(partition -> {
                consumer.place(partition).forget();
                consumer.place(partition).hold(backoff, LOOKUP_PAUSE);
            });
        }
    }

    /** Returns a partition's route if its records may be delivered now; else sees to it that they come again. */
    @Nullable
    Route readable(SteeredConsumer consumer, TopicPartition partition) {
        Place place = consumer.place(partition);
        Known told = known;
        Route route = told.routes().get(partition.topic());
        // asked after the records came: a mask that was declared before their changes is among what is told
        if (isOpen(route) && told.holds() && place.ready()) {
            return route;
        }
        consumer.pause(List.of(partition));
        if (place.known()) {
            consumer.seek(partition, place.next());
        }
        return null;
    }

    /**
     * Tells whether no record is missing between what was delivered and what came. Records that retention deleted before the sink had
     * them are lost to it: that is said, never passed over.
     */
    boolean unbroken(
            SteeredConsumer consumer, TopicPartition partition, Route route, ConsumerRecord<byte[], byte[]> first) {
        long expected = consumer.place(partition).next();
        if (first.offset() == expected) {
            return true;
        }
        if (first.offset() < expected) {
            lost(
                    consumer,
                    partition,
                    route,
                    madeAnew(partition) + ": its partition " + partition.partition() + " holds offset " + first.offset()
                            + ", " + sink + " is at " + expected + ". " + WAY_OUT);
            return false;
        }
        return !deleted(consumer, partition, route);
    }

    /** Notices deleted records also where none came after them. */
    private boolean deleted(SteeredConsumer consumer, TopicPartition partition, Route route) {
        long expected = consumer.place(partition).next();
        Long begin = consumer.beginningOffsets(List.of(partition)).get(partition);
        if (begin == null || begin <= expected) {
            // left out by compaction, or a transaction's marker
            return false;
        }
        lost(
                consumer,
                partition,
                route,
                "Offsets " + expected + " to " + (begin - 1) + " of " + partition
                        + " were deleted by the topic's retention before " + sink
                        + " had them. " + WAY_OUT);
        return true;
    }

    private static String madeAnew(TopicPartition partition) {
        return "The topic " + partition.topic() + " was made anew";
    }

    private void lost(SteeredConsumer consumer, TopicPartition partition, Route route, String message) {
        Place place = consumer.place(partition);
        if (!place.hasSaid(message)) {
            log.error(message);
            stop.failed(route.table(), message);
            place.said(message);
        }
        holdBack(consumer, partition);
    }

    /** Puts a partition back to where the sink stands in it and holds it, longer each time. */
    void holdBack(SteeredConsumer consumer, TopicPartition partition) {
        Place place = consumer.place(partition);
        place.hold(backoff, null);
        consumer.pause(List.of(partition));
        consumer.seek(partition, place.next());
    }

    /** Has the offsets of partitions read again: another worker moved them. */
    void forget(SteeredConsumer consumer, Collection<TopicPartition> partitions) {
        log.warn("{} was moved on by another worker in {}: reading its offsets again", sink, partitions);
        consumer.pause(partitions);
        consumer.offsets().drop(partitions.stream().map(Places::id).toList());
        waitsNoLonger(partitions);
        for (TopicPartition partition : partitions) {
            consumer.place(partition).forget();
            consumer.place(partition).hold(backoff, null);
        }
    }

    private void forget(SteeredConsumer consumer, TopicPartitionId id) {
        TopicPartition partition = new TopicPartition(id.topic(), id.partition());
        if (consumer.assignment().contains(partition)) {
            log.warn("Where {} stands in {} was moved meanwhile: reading it again", sink, partition);
            consumer.offsets().drop(List.of(id));
            consumer.place(partition).forget();
        }
    }

    private static TopicPartitionId id(TopicPartition partition) {
        return new TopicPartitionId(partition.topic(), partition.partition());
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        SteeredConsumer steered = (SteeredConsumer) consumer;
        steered.forget(partitions);
        locate(steered, partitions);
    }

    @Override
    public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        SteeredConsumer steered = (SteeredConsumer) consumer;
        steered.offsets().flush();
        onPartitionsLost(consumer, partitions);
    }

    @Override
    public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
        SteeredConsumer steered = (SteeredConsumer) consumer;
        steered.forget(partitions);
        steered.offsets().drop(partitions.stream().map(Places::id).toList());
        waitsNoLonger(partitions);
    }

    private void waitsNoLonger(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> metrics.waits(partition, null));
        health.forget(partitions);
    }
}
