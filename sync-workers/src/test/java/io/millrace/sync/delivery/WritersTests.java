package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What the writers give to a sink, and keep from it, of the batches of one partition. */
class WritersTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);
    private final TopicPartition partition = new TopicPartition(table.topic(), 0);
    private final LettersInMemory letters = new LettersInMemory();
    private final RereadsInMemory rereads = new RereadsInMemory();
    private final AwaitedInMemory awaited = new AwaitedInMemory();
    private HeldKeys held = new HeldKeys();
    private final List<String> failed = new ArrayList<>();
    private final Recorder sink = new Recorder();
    private final GuardInMemory guard = new GuardInMemory();
    private int maxUnsettled = 100;
    private long offset;
    private boolean repeats;
    private final Instant remembersSince = Instant.now().minus(Duration.ofDays(8));

    /** Refuses names by category; as a whole, as logs do, or by item. */
    private static class Recorder implements EffectSink {

        final List<List<String>> batches = new CopyOnWriteArrayList<>();
        final List<String> again = new CopyOnWriteArrayList<>();
        final List<Long> steps = new ArrayList<>();
        final Map<String, ErrorCategory> refused = new HashMap<>();
        SinkKind kind = SinkKind.STATE;
        /** Names at which it throws what no sink is meant to throw. */
        final Set<String> breaking = new HashSet<>();

        final AtomicInteger asked = new AtomicInteger();
        boolean asWhole;
        Runnable beside = () -> {};

        @Override
        public String name() {
            return "recorder";
        }

        @Override
        public SinkKind kind() {
            return kind;
        }

        @Override
        public int mostAtOnce() {
            return 3;
        }

        @Override
        public Duration longestWrite() {
            return Duration.ofSeconds(1);
        }

        @Override
        public List<Failure> write(SinkBatch batch) throws SinkException {
            if (kind == SinkKind.EFFECT) {
                assertThat(batch.changes()).hasSize(1);
                if (batch.repeats()) {
                    again.add(nameOf(batch.changes().get(0).event()));
                }
                beside.run();
            }
            asked.incrementAndGet();
            batch.changes().stream()
                    .map(change -> nameOf(change.event()))
                    .filter(breaking::contains)
                    .forEach(name -> {
                        throw new IllegalStateException("Broken at " + name);
                    });
            List<Failure> failures = new ArrayList<>();
            List<String> names = new ArrayList<>();
            for (int i = 0; i < batch.changes().size(); i++) {
                String name = nameOf(batch.changes().get(i).event());
                ErrorCategory category = refused.get(name);
                if (category == null) {
                    names.add(name);
                } else if (asWhole || kind == SinkKind.LOG) {
                    throw new SinkException(category, "No " + name, null);
                } else {
                    failures.add(new Failure(i, category, "No " + name));
                }
            }
            if (kind != SinkKind.EFFECT || !names.isEmpty()) {
                batches.add(names);
            }
            batch.steps().stream().map(Advance::nextOffset).forEach(steps::add);
            return failures;
        }

        @Override
        public void check() {}

        List<String> all() {
            return batches.stream().flatMap(List::stream).toList();
        }
    }

    private static String nameOf(ChangeEvent event) {
        String after = String.valueOf(event.after());
        return event.operation() == Operation.TRUNCATE
                ? "truncate"
                : event.after() == null ? "delete" : after.replaceAll(".*\"name\":\"([^\"]*)\".*", "$1");
    }

    private static String key(int id) {
        return "{\"id\":" + id + "}";
    }

    private ChangeEvent state(int id, String name) {
        return events.update(key(id), null, "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":\"n\"}");
    }

    private ChangeEvent part(int id, String name) {
        return events.update(
                key(id),
                null,
                "{\"id\":" + id + ",\"name\":\"" + name + "\",\"note\":\"__debezium_unavailable_value\"}",
                "note");
    }

    private Outcome write(ChangeEvent... changes) {
        List<Received> received = new ArrayList<>();
        long from = offset;
        for (ChangeEvent event : changes) {
            received.add(new Received(
                    new Change(table, event),
                    new ConsumerRecord<>(
                            table.topic(),
                            0,
                            offset++,
                            event.key() == null ? null : event.key().json().getBytes(),
                            new byte[0]),
                    held));
        }
        return write(from, received, List.of());
    }

    private Outcome write(long from, List<Received> received, List<DeadLetter> malformed) {
        return write(from, received, malformed, List.of());
    }

    private Outcome write(long from, List<Received> received, List<DeadLetter> malformed, List<Received> lacking) {
        return writer().write(List.of(batch(partition, from, offset, received, malformed, lacking)));
    }

    private PartitionBatch batch(
            TopicPartition of,
            long from,
            long next,
            List<Received> received,
            List<DeadLetter> malformed,
            List<Received> lacking) {
        Route route = new Route(
                table, new SinkBinding(table.id(), "recorder", BindingState.ACTIVE, null, Instant.EPOCH, "{}"));
        return new PartitionBatch(of, route, from, next, received, malformed, lacking, received.size(), repeats, held);
    }

    private BatchWriter writer() {
        Faults faults = new Faults(
                "recorder",
                (failing, message) -> failed.add(message),
                letters,
                new DeliveryMetrics(new SimpleMeterRegistry(), "recorder"),
                maxUnsettled);
        return switch (sink.kind()) {
            case STATE -> new StateWriter(sink, faults, new IncompleteRows("recorder", rereads, awaited));
            case LOG -> new LogWriter(sink, faults);
            case EFFECT -> new EffectWriter(sink, guard, faults, () -> remembersSince);
        };
    }

    @Test
    void aStateTakesThePlaceOfTheDeadLetterOfItsRowOnly() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"), state(2, "bad"), state(3, "good"));
        assertThat(letters.left()).containsExactly("0:REJECTED", "1:REJECTED");
        write(state(1, "better"));
        assertThat(letters.left()).containsExactly("1:REJECTED");
        assertThat(sink.all()).containsExactly("good", "better");
    }

    @Test
    void aDeleteIsAWholeState() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(events.delete(key(1)));
        assertThat(letters.left()).isEmpty();
        assertThat(held.isEmpty()).isTrue();
    }

    @Test
    void aPartOfAStateWaitsAndSoDoesThePartBehindIt() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(part(1, "a"), part(2, "other row"));
        write(part(1, "b"));
        assertThat(letters.left()).containsExactly("0:REJECTED", "1:BEHIND", "3:BEHIND");
        assertThat(sink.all()).containsExactly("other row");
        write(state(1, "whole"));
        assertThat(letters.left()).isEmpty();
        assertThat(sink.all()).containsExactly("other row", "whole");
    }

    @Test
    void anOlderSnapshotReadGoesOnAndTakesNothingsPlace() {
        long lowWatermark = TestEvents.nextLsn();
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "bad"));
        write(events.read(key(1), "{\"id\":1,\"name\":\"read\"}", lowWatermark));
        assertThat(sink.all()).containsExactly("read");
        assertThat(letters.left()).containsExactly("0:REJECTED");
    }

    @Test
    void whatWasPutTogetherFromSeveralRecordsIsKeptAsItCame() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "fine"), part(1, "bad"), part(1, "bad"));
        assertThat(sink.all()).containsExactly("fine");
        assertThat(letters.left()).containsExactly("1:REJECTED", "2:BEHIND");
        assertThat(letters.kept.get(1L).event().unavailable()).containsExactly("note");
    }

    @Test
    void batchesThatAreRefusedAsAWholeAreHalvedDownToTheOneRecord() {
        sink.asWhole = true;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        write(state(1, "a"), state(2, "b"), state(3, "bad"), state(4, "c"), state(5, "d"));
        assertThat(sink.all()).containsExactlyInAnyOrder("a", "b", "c", "d");
        assertThat(letters.left()).containsExactly("2:REJECTED");
        assertThat(letters.kept.get(2L).stack()).contains("SinkException").doesNotContain("No bad");
    }

    @Test
    void aRowThatTheSinkCannotCompleteIsAskedForAndPassed() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        Outcome outcome = write(part(1, "half"), state(2, "good"), part(3, "half"));
        assertThat(outcome.reason(partition)).isNull();
        assertThat(rereads.keys).containsExactly(key(1), key(3));
        assertThat(sink.all()).containsExactly("good");
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void whatCannotBeShapedFromTheChangeAloneIsAskedForAndGivenToNoSink() {
        Received lacking = received(0, part(1, "unshaped"));
        offset = 2;
        Outcome outcome = write(0, List.of(received(1, state(2, "good"))), List.of(), List.of(lacking));
        assertThat(outcome.reason(partition)).isNull();
        assertThat(rereads.keys).containsExactly(key(1));
        assertThat(sink.all()).containsExactly("good");
    }

    /** One change of this row cannot be shaped, and is passed over. */
    private Received leaveOut(int id) {
        Received unshaped = received(offset++, part(id, "unshaped"));
        write(unshaped.record().offset(), List.of(), List.of(), List.of(unshaped));
        return unshaped;
    }

    @Test
    void whatLacksValuesBehindAChangeThatWasLeftOutIsNotCompletedFromTheStateBeforeThat() {
        leaveOut(1);
        write(part(1, "behind"), part(2, "other"));
        assertThat(sink.all()).containsExactly("other");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void whatLacksValuesBehindAChangeThatTheSinkCouldNotCompleteIsNotCompletedFromTheStateBeforeThat() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        write(part(1, "half"));
        write(part(1, "behind"), part(2, "other"));
        assertThat(sink.all()).containsExactly("other");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void whatLacksValuesBehindAChangeThatWasLeftOutIsLeftOutByWhoeverGoesOn() {
        leaveOut(1);
        held = new HeldKeys();
        write(part(1, "behind"));
        assertThat(sink.all()).isEmpty();
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void aRowThatWasAwaitedIsCompletedAgainOnceItCameWholeWithAllThatWasLeftOut() {
        leaveOut(1);
        long between = TestEvents.nextLsn();
        write(part(1, "behind"));
        // all that was left out by now it has not seen
        write(events.read(key(1), "{\"id\":1,\"name\":\"between\"}", between));
        write(part(1, "behind again"));
        assertThat(sink.all()).containsExactly("between");
        write(events.read(key(1), "{\"id\":1,\"name\":\"whole\"}", TestEvents.nextLsn()), part(1, "folded"));
        write(part(1, "completed"));
        assertThat(sink.all()).containsExactly("between", "folded", "completed");
        assertThat(awaited.rows).isEmpty();
        assertThat(rereads.keys).hasSize(3);
    }

    @Test
    void aLateReadOfAnOlderStateIsNoStateToFoldAChangeWithThatStandsBehindAGap() {
        long before = TestEvents.nextLsn();
        Received leftOut = leaveOut(1);
        write(events.read(key(1), "{\"id\":1,\"name\":\"before\"}", before), part(1, "behind"));
        assertThat(sink.all()).containsExactly("before");
        // the same where a person decided that the change is left out
        long row = leftOut.keyHash();
        letters.gaps.put(row, awaited.rows.remove(row));
        held.read(letters, "recorder", SinkKind.STATE, partition);
        write(events.read(key(1), "{\"id\":1,\"name\":\"before\"}", before), part(1, "behind"));
        assertThat(sink.all()).containsExactly("before", "before");
        assertThat(rereads.keys).hasSize(3);
    }

    @Test
    void whatIsBehindAChangeOfTheSameBatchThatIsLeftOutIsNotFoldedWithTheStateBeforeThat() {
        Received before = received(0, state(1, "before"));
        Received unshaped = received(1, part(1, "unshaped"));
        Received behind = received(2, part(1, "behind"));
        offset = 3;
        write(0, List.of(before, behind), List.of(), List.of(unshaped));
        assertThat(sink.all()).containsExactly("before");
        assertThat(rereads.keys).containsExactly(key(1), key(1));
    }

    @Test
    void aTruncateIsTheEndOfAllThatIsAwaited() {
        leaveOut(1);
        leaveOut(2);
        write(events.truncate());
        assertThat(awaited.rows).isEmpty();
    }

    @Test
    void whatIsNotKnownToBeAwaitedOrNotHoldsItsPartitionBack() {
        awaited.failing = true;
        assertThat(write(part(1, "half")).reason(partition)).contains("cannot be looked up");
        assertThat(sink.all()).isEmpty();
        awaited.failing = false;
        leaveOut(1);
        awaited.failing = true;
        assertThat(write(state(1, "whole")).reason(partition)).contains("cannot be noted");
    }

    @Test
    void whatCannotBeAskedForHoldsItsPartitionBack() {
        rereads.failing = true;
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        assertThat(write(part(1, "half")).reason(partition)).contains("cannot be asked for");
        Received lacking = received(1, part(1, "unshaped"));
        offset = 2;
        assertThat(write(1, List.of(), List.of(), List.of(lacking)).reason(partition))
                .contains("cannot be asked for");
    }

    @Test
    void aRowThatIsAskedForDoesNotTakeTheDeadLettersPlace() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        write(state(1, "bad"));
        write(state(1, "half"));
        assertThat(letters.left()).containsExactly("0:REJECTED");
        write(state(1, "read"));
        assertThat(letters.left()).isEmpty();
    }

    @Test
    void aSinkThatKeepsNoStatesAndLacksValuesIsWaitedFor() {
        sink.refused.put("half", ErrorCategory.INCOMPLETE);
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            assertThat(write(part(1, "half")).reason(partition)).as(kind.name()).isEqualTo("No half");
        }
        assertThat(rereads.keys).isEmpty();
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void whatCannotBeKeptHoldsItsPartitionBack() {
        letters.failing = true;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        assertThat(write(state(1, "bad")).reason(partition)).contains("cannot be kept");
    }

    @Test
    void whatAnotherWorkerHasPassedIsNotKept() {
        letters.passed = 5;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        assertThat(write(state(1, "bad")).isFenceLost()).isTrue();
        assertThat(letters.kept).isEmpty();
    }

    @Test
    void tooManyDeadLettersStopTheTable() {
        maxUnsettled = 3;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome outcome = write(state(1, "bad"), state(2, "bad"), state(3, "bad"), state(4, "bad"), state(5, "good"));
        assertThat(failed).singleElement().asString().contains("More than 3").contains("resume");
        assertThat(outcome.reason(partition)).isNotNull();
    }

    @Test
    void aLogHoldsTheLaterChangesOfARowBackWithinTheBatchAndAfterIt() {
        sink.kind = SinkKind.LOG;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome first = write(state(1, "a"), state(1, "bad"), state(2, "x"), state(1, "c"), state(2, "y"));
        assertThat(first.reason(partition)).isNull();
        assertThat(sink.all()).containsExactly("a", "x", "y");
        assertThat(letters.left()).containsExactly("1:REJECTED", "3:BEHIND");
        assertThat(sink.steps.get(sink.steps.size() - 1)).isEqualTo(5);
        write(events.delete(key(1)), state(2, "z"));
        assertThat(sink.all()).containsExactly("a", "x", "y", "z");
        assertThat(letters.left()).containsExactly("1:REJECTED", "3:BEHIND", "5:BEHIND");
    }

    @Test
    void aLogThatIsRewoundLeavesOutWhatWasDiscarded() {
        sink.kind = SinkKind.LOG;
        repeats = true;
        ChangeEvent first = state(1, "a");
        ChangeEvent discarded = state(1, "discarded");
        letters.discarded.put(0L, "another-that-stood-there-before-the-topic-was-made-anew");
        letters.discarded.put(1L, discarded.eventId());
        write(first, discarded, state(1, "c"));
        assertThat(sink.all()).containsExactly("a", "c");
    }

    @Test
    void aMalformedRecordHoldsOnlyWhatIsBehindIt() {
        sink.kind = SinkKind.LOG;
        Received before = received(0, state(1, "before"));
        Received after = received(2, state(1, "after"));
        offset = 3;
        write(
                0,
                List.of(before, after),
                List.of(new DeadLetter(
                        new ConsumerRecord<>(table.topic(), 0, 1, key(1).getBytes(), new byte[] {1}),
                        table.source(),
                        table.table(),
                        null,
                        HeldKeys.hash(table, new ConsumerRecord<>(table.topic(), 0, 1, key(1).getBytes(), new byte[0])),
                        DeadLetter.Category.MALFORMED,
                        "no event",
                        null)));
        assertThat(sink.all()).containsExactly("before");
        assertThat(letters.left()).containsExactly("1:MALFORMED", "2:BEHIND");
    }

    private Received received(long at, ChangeEvent event) {
        return new Received(
                new Change(table, event),
                new ConsumerRecord<>(table.topic(), 0, at, event.key().json().getBytes(), new byte[0]),
                held);
    }

    /** Returns what the sink was given of a row, in order. */
    private List<String> of(String prefix) {
        return sink.all().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    @Test
    void effectsOfARowComeOneByOneInTheirOrder() {
        sink.kind = SinkKind.EFFECT;
        Outcome outcome = write(state(1, "a1"), state(2, "b1"), state(1, "a2"), state(1, "a3"), state(2, "b2"));
        assertThat(of("a")).containsExactly("a1", "a2", "a3");
        assertThat(of("b")).containsExactly("b1", "b2");
        assertThat(outcome.reason(partition)).isNull();
    }

    @Test
    void effectsOfRowsAreHadBesideEachOtherAndOnlySoManyAtOnce() {
        sink.kind = SinkKind.EFFECT;
        // each goes on only when three are there
        CyclicBarrier together = new CyclicBarrier(3);
        AtomicInteger present = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        sink.beside = () -> {
            most.accumulateAndGet(present.incrementAndGet(), Math::max);
            try {
                together.await(20, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            present.decrementAndGet();
        };
        Outcome outcome =
                write(state(1, "a"), state(2, "b"), state(3, "c"), state(4, "d"), state(5, "e"), state(6, "f"));
        assertThat(outcome.reason(partition)).isNull();
        assertThat(sink.all()).hasSize(6);
        assertThat(most).hasValue(3);
    }

    @Test
    void effectsWithoutAKeyComeInTheirOrder() {
        sink.kind = SinkKind.EFFECT;
        ChangeEvent[] changes = new ChangeEvent[10];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = events.create(null, "{\"name\":\"" + i + "\"}");
        }
        write(changes);
        assertThat(sink.all()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }

    @Test
    void aTruncateWaitsForWhatIsBeforeItAndIsWaitedFor() {
        sink.kind = SinkKind.EFFECT;
        write(state(1, "a1"), state(1, "a2"), events.truncate(), state(1, "a3"), state(2, "b1"));
        assertThat(sink.all().subList(0, 3)).containsExactly("a1", "a2", "truncate");
        assertThat(sink.all().subList(3, 5)).containsExactlyInAnyOrder("a3", "b1");
    }

    @Test
    void anEffectThatIsWaitedForStopsItsRowAndThePartitionIsPassedUpToIt() {
        sink.kind = SinkKind.EFFECT;
        sink.refused.put("later", ErrorCategory.RETRYABLE);
        Outcome outcome = write(state(1, "a1"), state(2, "later"), state(1, "a2"), state(2, "b2"));
        assertThat(sink.all()).containsExactly("a1", "a2");
        assertThat(outcome.reason(partition)).isEqualTo("No later");
        assertThat(outcome.sinkDown()).isNull();
        assertThat(outcome.reachedOr(partition, 0)).isEqualTo(1);
    }

    @Test
    void whatWasHadBehindAnEffectThatIsWaitedForIsNotRepeatedWhenItIsReadAgain() {
        sink.kind = SinkKind.EFFECT;
        ChangeEvent[] changes = {state(1, "a1"), state(2, "later"), state(1, "a2"), state(2, "b2")};
        sink.refused.put("later", ErrorCategory.RETRYABLE);
        write(changes);
        sink.refused.clear();
        offset = 0;
        Outcome outcome = write(changes);
        assertThat(sink.all()).containsExactly("a1", "a2", "later", "b2");
        assertThat(sink.again).as("what failed may yet have arrived").containsOnly("later");
        assertThat(outcome.reason(partition)).isNull();
    }

    @Test
    void aSinkOfEffectsThatIsDownIsWaitedForAsAWhole() {
        sink.kind = SinkKind.EFFECT;
        sink.asWhole = true;
        sink.refused.put("down", ErrorCategory.RETRYABLE);
        Outcome outcome = write(state(1, "down"), state(1, "a2"));
        assertThat(outcome.sinkDown()).isEqualTo("No down");
        assertThat(outcome.reachedOr(partition, 7)).isZero();
    }

    @Test
    void rowsThatFailOneAndAllAreTakenForAFaultOfTheSink() {
        sink.kind = SinkKind.EFFECT;
        sink.refused.put("later", ErrorCategory.RETRYABLE);
        ChangeEvent[] changes = new ChangeEvent[40];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = state(i, "later");
        }
        Outcome outcome = write(changes);
        assertThat(outcome.sinkDown()).isEqualTo("No later");
        assertThat(guard.claimed).as("not all were tried").hasSizeBetween(8, 12);
    }

    @Test
    void whatAnotherWorkerIsAboutIsLeftToIt() {
        sink.kind = SinkKind.EFFECT;
        ChangeEvent theirs = state(1, "theirs");
        guard.heldByAnother.add(theirs.eventId());
        Outcome outcome = write(theirs, state(1, "next"), state(2, "b"));
        assertThat(sink.all()).containsExactly("b");
        assertThat(outcome.reason(partition)).startsWith("Another worker gave a change of this row to recorder");
        assertThat(outcome.reachedOr(partition, 7)).isZero();
    }

    @Test
    void aRejectedEffectHoldsItsRowBackAndOthersGoOn() {
        sink.kind = SinkKind.EFFECT;
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome outcome = write(state(1, "bad"), state(2, "b1"), state(1, "a2"), state(2, "b2"));
        assertThat(sink.all()).containsExactly("b1", "b2");
        assertThat(letters.left()).containsExactly("0:REJECTED", "2:BEHIND");
        assertThat(outcome.reason(partition)).isNull();
    }

    @Test
    void aFatalEffectStopsItsTable() {
        sink.kind = SinkKind.EFFECT;
        sink.refused.put("gone", ErrorCategory.FATAL);
        Outcome outcome = write(state(1, "a1"), state(1, "gone"), state(1, "a3"));
        assertThat(sink.all()).containsExactly("a1");
        assertThat(failed).singleElement().asString().startsWith("No gone");
        assertThat(outcome.reachedOr(partition, 7)).isEqualTo(1);
    }

    @Test
    void effectsThatDeduplicationHasForgottenAreNotRepeated() {
        sink.kind = SinkKind.EFFECT;
        repeats = true;
        ChangeEvent recent = state(1, "recent");
        ChangeEvent old = new ChangeEvent(
                recent.source(),
                recent.table(),
                recent.position(),
                recent.lsn(),
                recent.operation(),
                recent.key(),
                null,
                recent.beforeCompleteness(),
                recent.after(),
                recent.unavailable(),
                recent.transaction(),
                Instant.now().minus(Duration.ofDays(9)),
                1);
        Outcome outcome = write(old);
        assertThat(sink.all()).isEmpty();
        assertThat(failed)
                .singleElement()
                .asString()
                .isEqualTo("It was rewound to changes from before " + remembersSince.truncatedTo(ChronoUnit.SECONDS)
                        + ", which deduplication no longer knows: they would have their effect twice."
                        + " Rewind it to a later time. Then resume the table's delivery to recorder.");
        assertThat(outcome.reason(partition)).isNotNull();
        assertThat(outcome.reachedOr(partition, 0)).isZero();
    }

    /** Offsets 0, 1, ... of another partition. */
    private PartitionBatch inOther(TopicPartition other, ChangeEvent... changes) {
        List<Received> received = new ArrayList<>();
        for (ChangeEvent event : changes) {
            byte[] key = event.key() == null ? null : event.key().json().getBytes();
            received.add(new Received(
                    new Change(table, event),
                    new ConsumerRecord<>(table.topic(), other.partition(), received.size(), key, new byte[0]),
                    held));
        }
        return batch(other, 0, changes.length, received, List.of(), List.of());
    }

    @Test
    void whatASinkBreaksAtHoldsItsPartitionAloneAndIsNoDeadLetter() {
        TopicPartition other = new TopicPartition(table.topic(), 1);
        sink.breaking.add("broken");
        for (SinkKind kind : SinkKind.values()) {
            sink.kind = kind;
            sink.batches.clear();
            Outcome outcome = writer().write(List.of(
                    inOther(partition, state(1, "a"), state(2, "broken"), state(2, "broken again")),
                    inOther(other, state(3, "c"), state(4, "d"), state(5, "e"))));
            assertThat(sink.all()).as(kind.name()).contains("a", "c", "d", "e").doesNotContain("broken");
            assertThat(outcome.reason(other)).as(kind.name()).isNull();
            assertThat(outcome.sinkDown()).as(kind.name()).isNull();
        }
        assertThat(letters.kept).isEmpty();
        assertThat(failed).isEmpty();
    }

    @Test
    void aPartitionThatIsHeldForWhatASinkBreaksAtIsPassedUpToItAndSaysWhere() {
        sink.breaking.add("broken");
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            Outcome outcome = writer().write(List.of(
                    inOther(partition, state(1, "a"), state(2, "b"), state(3, "broken"), state(4, "c"))));
            assertThat(outcome.reason(partition))
                    .isEqualTo("recorder failed unexpectedly at offset 2 of " + partition
                            + ": java.lang.IllegalStateException: Broken at broken");
            assertThat(outcome.reachedOr(partition, 7)).as(kind.name()).isEqualTo(2);
        }
        sink.kind = SinkKind.STATE;
        assertThat(writer().write(List.of(inOther(partition, state(1, "a"), state(3, "broken"))))
                        .reason(partition))
                .contains("offset 1 of " + partition);
    }

    @Test
    void aTruncateGoesToASinkOfStatesThoughItsPartitionIsHeld() {
        sink.breaking.add("broken");
        Outcome outcome =
                writer().write(List.of(inOther(partition, state(1, "a"), state(2, "broken"), events.truncate())));
        assertThat(sink.all()).as("it stands for other partitions too").containsExactly("a", "truncate");
        assertThat(outcome.reason(partition)).isNotNull();
    }

    @Test
    void aSinkThatBreaksAtEverythingIsNotAskedForEveryChange() {
        sink.breaking.add("broken");
        ChangeEvent[] changes = new ChangeEvent[1000];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = state(i, "broken");
        }
        for (SinkKind kind : SinkKind.values()) {
            sink.kind = kind;
            sink.asked.set(0);
            assertThat(writer().write(List.of(inOther(partition, changes))).reason(partition))
                    .contains("Broken at broken");
            assertThat(sink.asked.get()).as(kind.name()).isLessThan(20);
        }
    }

    @Test
    void aTruncateDoesNotWaitForDeadLetters() {
        for (SinkKind kind : List.of(SinkKind.LOG, SinkKind.EFFECT)) {
            sink.kind = kind;
            sink.batches.clear();
            sink.refused.put("bad", ErrorCategory.REJECTED);
            Outcome outcome = write(state(1, "bad"), events.truncate(), state(1, "behind"), state(2, "after"));
            assertThat(sink.all()).as(kind.name()).containsExactly("truncate", "after");
            assertThat(outcome.reason(partition)).isNull();
        }
    }
}
