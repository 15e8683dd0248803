package io.millrace.sync.delivery;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.FenceLostException;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives dead letters to their sink again: those that a person asked for, and behind them those that waited. In the thread of the
 * partition's consumer, between two polls, so that nothing else of the partition is written at the same time; one by one, in the order
 * of the records.
 */
final class Redelivery {

    private static final Logger log = LoggerFactory.getLogger(Redelivery.class);
    /** Read at a time. */
    private static final int AT_A_TIME = 100;

    private final Sink sink;
    private final RecordReader reader;
    private final DeadLetters deadLetters;
    private final Faults faults;
    private final IncompleteRows incomplete;
    private final DeliveryMetrics metrics;

    Redelivery(
            Sink sink,
            RecordReader reader,
            DeadLetters deadLetters,
            Faults faults,
            IncompleteRows incomplete,
            DeliveryMetrics metrics) {
        this.sink = sink;
        this.reader = reader;
        this.deadLetters = deadLetters;
        this.faults = faults;
        this.incomplete = incomplete;
        this.metrics = metrics;
    }

    private enum Result {
        SETTLED,
        REFUSED,
        STOP
    }

    /** @param goesOn asked before each letter; what is left then is due again at the next poll */
    void run(Places places, SteeredConsumer consumer, TopicPartition partition, Route route, BooleanSupplier goesOn) {
        Place place = consumer.place(partition);
        try {
            List<KeptLetter> due = deadLetters.due(sink.name(), partition, place.next(), AT_A_TIME);
            Set<Long> refused = new HashSet<>();
            for (KeptLetter letter : due) {
                if (!goesOn.getAsBoolean()) {
                    break;
                }
                Long key = letter.keyHash();
                if (key != null && refused.contains(key)) {
                    continue;
                }
                Result result = again(places, consumer, partition, route, letter);
                if (result == Result.STOP) {
                    break;
                }
                if (result == Result.REFUSED && key != null) {
                    refused.add(key);
                }
            }
            place.heldKeys().replace(deadLetters.unsettled(sink.name(), partition));
        } catch (RuntimeException e) {
            waits(places, consumer, partition, "Dead letters cannot be retried: " + e.getMessage());
        }
    }

    private Result again(
            Places places, SteeredConsumer consumer, TopicPartition partition, Route route, KeptLetter letter) {
        Optional<ConsumerRecord<byte[], byte[]>> record = deadLetters.record(letter);
        if (record.isEmpty()) {
            deadLetters.refused(
                    letter,
                    "The record is no longer in Kafka, neither in the table's topic nor in that of the dead letters:"
                            + " take a new snapshot of the table and discard this.",
                    null);
            return Result.REFUSED;
        }
        if (TableShaping.isMaskedCopy(record.get())) {
            deadLetters.refused(
                    letter,
                    "Only a masked copy of the record is left, since retention deleted the record itself: its values are not those"
                            + " of the row. Take a new snapshot of the table and discard this.",
                    null);
            return Result.REFUSED;
        }
        Place place = consumer.place(partition);
        PartitionBatch batch = reader.again(partition, route, place, record.get());
        if (!batch.malformed().isEmpty()) {
            deadLetters.refused(letter, batch.malformed().get(0).cause(), null);
            return Result.REFUSED;
        }
        if (!batch.lacking().isEmpty()) {
            return asked(letter, batch.lacking());
        }
        if (batch.received().isEmpty()) {
            deadLetters.taken(letter);
            return Result.SETTLED;
        }
        Received received = batch.received().get(0);
        try {
            List<Failure> failures = sink.write(new SinkBatch(List.of(received.change()), steps(batch, place), true));
            if (failures.isEmpty()) {
                return taken(letter, received);
            }
            Failure failure = failures.get(0);
            if (failure.category() == ErrorCategory.INCOMPLETE && sink.kind() == SinkKind.STATE) {
                return asked(letter, batch.received());
            }
            return failed(places, consumer, partition, route, letter, failure.category(), failure.cause(), null);
        } catch (FenceLostException e) {
            places.forget(consumer, List.of(partition));
            return Result.STOP;
        } catch (SinkException e) {
            return failed(places, consumer, partition, route, letter, e.category(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The row comes whole with capture's answer, and this change in it. */
    private Result asked(KeptLetter letter, List<Received> lacking) {
        incomplete.ask(lacking);
        deadLetters.taken(letter);
        return Result.SETTLED;
    }

    /** A log makes sure in the transaction of its rows that the partition is still this worker's. */
    private List<Advance> steps(PartitionBatch batch, Place place) {
        return sink.kind() == SinkKind.LOG
                ? List.of(new Advance(
                        new TopicPartitionId(
                                batch.partition().topic(), batch.partition().partition()),
                        place.next(),
                        place.next(),
                        null,
                        null,
                        0))
                : List.of();
    }

    private Result taken(KeptLetter letter, Received received) {
        deadLetters.taken(letter);
        log.info("{} took offset {} of {}, a dead letter until now", sink.name(), letter.offset(), letter.partition());
        if (sink.kind() == SinkKind.STATE) {
            Outcome outcome = new Outcome();
            faults.applied(received, outcome);
        }
        return Result.SETTLED;
    }

    private Result failed(
            Places places,
            SteeredConsumer consumer,
            TopicPartition partition,
            Route route,
            KeptLetter letter,
            ErrorCategory category,
            String cause,
            @Nullable Throwable thrown) {
        switch (category) {
            case REJECTED -> {
                deadLetters.refused(letter, cause, Stack.of(thrown));
                metrics.deadLetters(1);
                return Result.REFUSED;
            }
            case FATAL -> faults.fail(route.table(), cause);
            case RETRYABLE, INCOMPLETE -> waits(places, consumer, partition, cause);
        }
        return Result.STOP;
    }

    private void waits(Places places, SteeredConsumer consumer, TopicPartition partition, String reason) {
        log.warn("{} is waited for with dead letters of {}: {}", sink.name(), partition, reason);
        places.holdBack(consumer, partition);
        consumer.offsets().waiting(List.of(new TopicPartitionId(partition.topic(), partition.partition())), reason);
    }
}
