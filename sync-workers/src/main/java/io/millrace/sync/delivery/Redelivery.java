package io.millrace.sync.delivery;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.Gap;
import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.FenceLostException;
import io.millrace.sync.sink.LeftAloneException;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
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
 * of the records, but for those that were tried before, which come last. What is not taken now holds nothing else up: it waits by itself,
 * and with it what is kept of its row.
 */
final class Redelivery {

    private static final Logger log = LoggerFactory.getLogger(Redelivery.class);
    /** Read at a time. */
    private static final int AT_A_TIME = 100;
    /** As long as nothing is due, whatever was said when it was looked last. */
    private static final Duration REST = Duration.ofMillis(300);

    private final Sink sink;
    private final RecordReader reader;
    private final DeadLetters deadLetters;
    private final Faults faults;
    private final IncompleteRows incomplete;
    private final DeliveryMetrics metrics;
    private final Backoff backoff;

    Redelivery(
            Sink sink,
            RecordReader reader,
            DeadLetters deadLetters,
            Faults faults,
            IncompleteRows incomplete,
            DeliveryMetrics metrics,
            Backoff backoff) {
        this.sink = sink;
        this.reader = reader;
        this.deadLetters = deadLetters;
        this.faults = faults;
        this.incomplete = incomplete;
        this.metrics = metrics;
        this.backoff = backoff;
    }

    private enum Result {
        SETTLED,
        /** Nothing else that is kept of the row goes before it. */
        STAYS,
        STOP
    }

    /** @param goesOn asked before each letter; what is left then is due again at the next poll */
    void run(Places places, SteeredConsumer consumer, TopicPartition partition, Route route, BooleanSupplier goesOn) {
        Place place = consumer.place(partition);
        LetterPauses pauses = place.letters();
        if (pauses.rests()) {
            return;
        }
        try {
            List<KeptLetter> due = deadLetters.due(
                    sink.name(),
                    partition,
                    place.next(),
                    pauses.letters(),
                    pauses.rows(),
                    sink.kind() != SinkKind.STATE,
                    AT_A_TIME);
            pauses.keep(due);
            if (due.isEmpty()) {
                pauses.rest(REST);
            }
            Set<Long> stay = new HashSet<>();
            for (KeptLetter letter : pauses.inTurn(due)) {
                if (!goesOn.getAsBoolean()) {
                    break;
                }
                Long key = letter.keyHash();
                if (key != null && stay.contains(key)) {
                    continue;
                }
                Result result = again(places, consumer, partition, route, letter);
                if (result == Result.STOP) {
                    break;
                }
                if (result == Result.STAYS && key != null) {
                    stay.add(key);
                }
            }
            place.heldKeys().read(deadLetters, sink.name(), sink.kind(), partition);
        } catch (RuntimeException e) {
            log.warn("Dead letters of {} in {} cannot be retried now: {}", sink.name(), partition, e.getMessage());
            pauses.rest(backoff);
        }
    }

    private Result again(
            Places places, SteeredConsumer consumer, TopicPartition partition, Route route, KeptLetter letter) {
        if (!deadLetters.begin(letter)) {
            return Result.SETTLED;
        }
        Optional<ConsumerRecord<byte[], byte[]>> record = deadLetters.record(letter);
        if (record.isEmpty()) {
            deadLetters.refused(
                    letter,
                    "The record is no longer in Kafka, neither in the table's topic nor in that of the dead letters (where one of them"
                            + " was made anew, another record may stand in its place): take a new snapshot of the table and discard"
                            + " this.",
                    null,
                    null);
            return Result.STAYS;
        }
        if (TableShaping.isMaskedCopy(record.get())) {
            deadLetters.refused(
                    letter,
                    "Only a masked copy of the record is left, since retention deleted the record itself: its values are not those"
                            + " of the row. Take a new snapshot of the table and discard this.",
                    null,
                    null);
            return Result.STAYS;
        }
        Place place = consumer.place(partition);
        PartitionBatch batch = reader.again(partition, route, place, record.get());
        if (!batch.malformed().isEmpty()) {
            DeadLetter malformed = batch.malformed().get(0);
            deadLetters.refused(letter, malformed.cause(), null, malformed.masks());
            return Result.STAYS;
        }
        if (!batch.lacking().isEmpty()) {
            return asked(letter, batch.lacking());
        }
        if (batch.received().isEmpty()) {
            deadLetters.passed(letter, null);
            return Result.SETTLED;
        }
        Received received = batch.received().get(0);
        if (sink.kind() == SinkKind.STATE && !received.isWhole() && isBehindAnother(letter, received)) {
            return asked(letter, batch.received());
        }
        List<Failure> failures;
        place.letters().begins();
        try {
            failures = sink.write(new SinkBatch(List.of(received.change()), steps(batch, place), true));
        } catch (FenceLostException e) {
            places.forget(consumer, List.of(partition));
            return Result.STOP;
        } catch (SinkException e) {
            String cause = String.valueOf(e.getMessage());
            if (e.category() == ErrorCategory.REJECTED || e.category() == ErrorCategory.FATAL) {
                return failed(place, route, letter, received, e.category(), cause, e);
            }
            // whether others fare the same, delivery finds out by itself
            String said = deadLetters.later(letter, cause, received.masks());
            log.warn("{} is waited for with dead letters of {}: {}", sink.name(), partition, said);
            place.letters().rest(backoff);
            Duration cost = e instanceof LeftAloneException left && left.wasAsked() ? left.time() : Duration.ZERO;
            place.letters().pause(letter, backoff, cost);
            if (!cost.isZero()) {
                consumer.letters().cost(cost);
            }
            return Result.STOP;
        } catch (RuntimeException e) {
            return broke(place, letter, received, e);
        }
        place.letters().succeeded();
        if (failures.isEmpty()) {
            return taken(letter, received);
        }
        Failure failure = failures.get(0);
        if (failure.category() == ErrorCategory.INCOMPLETE && sink.kind() == SinkKind.STATE) {
            return asked(letter, batch.received());
        }
        return failed(place, route, letter, received, failure.category(), failure.cause(), null);
    }

    /** At this letter, for all that is known, and not at the others. Should it be the database that fails, that is found out here. */
    private Result broke(Place place, KeptLetter letter, Received received, RuntimeException e) {
        String message = Faults.unexpected(sink.name(), letter.partition(), letter.offset(), e);
        place.letters().pause(letter, backoff);
        String said = deadLetters.later(letter, message, received.masks());
        if (place.letters().isNews(letter, said)) {
            log.error(
                    "A dead letter of {} is tried again until it is taken or discarded: {}",
                    letter.partition(),
                    said,
                    // which has the same words
                    said.equals(message) ? e : null);
        }
        return Result.STAYS;
    }

    /** One that is discarded or awaited by now, whenever it was, or is kept still: what the sink holds is not what this one changed. */
    private boolean isBehindAnother(KeptLetter letter, Received received) {
        Long row = letter.keyHash();
        if (row != null) {
            Gap gap = deadLetters.gaps(sink.name(), letter.partition()).get(row);
            Long kept = deadLetters.unsettled(sink.name(), letter.partition()).get(row);
            if (gap != null && gap.isBefore(received.event().rowVersion()) || kept != null && kept < letter.offset()) {
                return true;
            }
        }
        return !incomplete.behind(List.of(received)).isEmpty();
    }

    /** The row comes whole with capture's answer, and this change in it. */
    private Result asked(KeptLetter letter, List<Received> lacking) {
        incomplete.ask(lacking);
        deadLetters.passed(letter, "The row was read again instead.");
        return Result.SETTLED;
    }

    /** A log makes sure in the transaction of its rows that the partition is still this worker's. */
    private List<Advance> steps(PartitionBatch batch, Place place) {
        return sink.kind() == SinkKind.LOG
                ? List.of(new Advance(
                        new TopicPartitionId(
                                batch.partition().topic(), batch.partition().partition()),
                        place.next(),
                        place.rewinds(),
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
            incomplete.came(List.of(received), outcome);
        }
        return Result.SETTLED;
    }

    private Result failed(
            Place place,
            Route route,
            KeptLetter letter,
            Received received,
            ErrorCategory category,
            String cause,
            @Nullable Throwable thrown) {
        switch (category) {
            case REJECTED -> {
                deadLetters.refused(letter, cause, Stack.of(thrown), received.masks());
                metrics.deadLetters(1);
            }
            case FATAL -> {
                faults.fail(route.table(), deadLetters.later(letter, cause, received.masks()));
                place.letters().rest(backoff);
                return Result.STOP;
            }
            case RETRYABLE, INCOMPLETE -> {
                String said = deadLetters.later(letter, cause, received.masks());
                log.warn(
                        "{} does not take offset {} of {}, a dead letter, for now: {}",
                        sink.name(),
                        letter.offset(),
                        letter.partition(),
                        said);
                place.letters().pause(letter, backoff);
            }
        }
        return Result.STAYS;
    }
}
