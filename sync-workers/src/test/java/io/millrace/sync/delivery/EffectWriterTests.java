package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Effects: one change of a row at a time, of many rows at once, and none twice. */
class EffectWriterTests extends WritersScenario {

    EffectWriterTests() {
        sink.kind = SinkKind.EFFECT;
    }

    /** Returns what the sink was given of a row, in order. */
    private List<String> of(String prefix) {
        return sink.all().stream().filter(name -> name.startsWith(prefix)).toList();
    }

    @Test
    void effectsOfARowComeOneByOneInTheirOrder() {
        Outcome outcome = write(state(1, "a1"), state(2, "b1"), state(1, "a2"), state(1, "a3"), state(2, "b2"));
        assertThat(of("a")).containsExactly("a1", "a2", "a3");
        assertThat(of("b")).containsExactly("b1", "b2");
        assertThat(outcome.reason(partition)).isNull();
    }

    @Test
    void effectsOfRowsAreHadBesideEachOtherAndOnlySoManyAtOnce() {
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
        ChangeEvent[] changes = new ChangeEvent[10];
        for (int i = 0; i < changes.length; i++) {
            changes[i] = events.create(null, "{\"name\":\"" + i + "\"}");
        }
        write(changes);
        assertThat(sink.all()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    }

    @Test
    void aTruncateWaitsForWhatIsBeforeItAndIsWaitedFor() {
        write(state(1, "a1"), state(1, "a2"), events.truncate(), state(1, "a3"), state(2, "b1"));
        assertThat(sink.all().subList(0, 3)).containsExactly("a1", "a2", "truncate");
        assertThat(sink.all().subList(3, 5)).containsExactlyInAnyOrder("a3", "b1");
    }

    @Test
    void anEffectThatIsWaitedForStopsItsRowAndThePartitionIsPassedUpToIt() {
        sink.refused.put("later", ErrorCategory.RETRYABLE);
        Outcome outcome = write(state(1, "a1"), state(2, "later"), state(1, "a2"), state(2, "b2"));
        assertThat(sink.all()).containsExactly("a1", "a2");
        assertThat(outcome.reason(partition)).isEqualTo("No later");
        assertThat(outcome.sinkDown()).isNull();
        assertThat(outcome.reachedOr(partition, 0)).isEqualTo(1);
    }

    @Test
    void whatWasHadBehindAnEffectThatIsWaitedForIsNotRepeatedWhenItIsReadAgain() {
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
    void whatCouldNotBeMarkedIsNotPassedAndNotRepeatedWhenItIsReadAgain() {
        ChangeEvent[] changes = {state(1, "a1"), state(2, "b1"), state(2, "b2")};
        guard.away = true;
        Outcome outcome = write(changes[0]);
        assertThat(outcome.reachedOr(partition, 7)).as("the last of its row").isZero();
        assertThat(outcome.sinkDown()).contains("cannot be noted in the platform database");
        offset = 0;
        outcome = write(changes);
        assertThat(outcome.reachedOr(partition, 7)).isZero();
        assertThat(outcome.sinkDown()).contains("cannot be noted in the platform database");
        guard.away = false;
        offset = 0;
        outcome = write(changes);
        assertThat(outcome.reachedOr(partition, 0)).isEqualTo(3);
        assertThat(outcome.reason(partition)).isNull();
        assertThat(sink.all()).containsExactlyInAnyOrder("a1", "b1", "b2");
    }

    @Test
    void whatCouldNotBeMarkedBeforeTheNextOfItsRowIsNotPassed() {
        guard.away = true;
        Outcome outcome = write(state(1, "a1"), state(1, "a2"));
        assertThat(outcome.reachedOr(partition, 7)).isZero();
        assertThat(sink.all()).containsExactly("a1");
    }

    @Test
    void aSinkOfEffectsThatIsDownIsWaitedForAsAWhole() {
        sink.asWhole = true;
        sink.refused.put("down", ErrorCategory.RETRYABLE);
        Outcome outcome = write(state(1, "down"), state(1, "a2"));
        assertThat(outcome.sinkDown()).isEqualTo("No down");
        assertThat(outcome.reachedOr(partition, 7)).isZero();
    }

    @Test
    void rowsThatFailOneAndAllAreTakenForAFaultOfTheSink() {
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
        ChangeEvent theirs = state(1, "theirs");
        guard.heldByAnother.add(theirs.eventId());
        Outcome outcome = write(theirs, state(1, "next"), state(2, "b"));
        assertThat(sink.all()).containsExactly("b");
        assertThat(outcome.reason(partition)).startsWith("Another worker gave a change of this row to recorder");
        assertThat(outcome.reachedOr(partition, 7)).isZero();
    }

    @Test
    void aRejectedEffectHoldsItsRowBackAndOthersGoOn() {
        sink.refused.put("bad", ErrorCategory.REJECTED);
        Outcome outcome = write(state(1, "bad"), state(2, "b1"), state(1, "a2"), state(2, "b2"));
        assertThat(sink.all()).containsExactly("b1", "b2");
        assertThat(letters.left()).containsExactly("0:REJECTED", "2:BEHIND");
        assertThat(outcome.reason(partition)).isNull();
    }

    @Test
    void aFatalEffectStopsItsTable() {
        sink.refused.put("gone", ErrorCategory.FATAL);
        Outcome outcome = write(state(1, "a1"), state(1, "gone"), state(1, "a3"));
        assertThat(sink.all()).containsExactly("a1");
        assertThat(failed).singleElement().asString().startsWith("No gone");
        assertThat(outcome.reachedOr(partition, 7)).isEqualTo(1);
    }

    @Test
    void effectsThatDeduplicationHasForgottenAreNotRepeated() {
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
}
