package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.catalog.CapturedTable;
import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
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
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GuardedSinkTests {

    private final AtomicInteger writes = new AtomicInteger();
    private boolean down;

    /** Whose answer takes some nanoseconds. */
    private static final class Slow implements Guard {

        @Override
        public Set<String> done(Collection<Mark> events, boolean again) {
            return Set.of();
        }

        @Override
        public Verdict pass(Mark done, Mark next) {
            long begun = System.nanoTime();
            while (System.nanoTime() == begun) {
                Thread.onSpinWait();
            }
            return Verdict.FIRST;
        }

        @Override
        public void storeRest() {}
    }

    private EffectSink sink(Duration longestWrite) {
        return new EffectSink() {
            @Override
            public String name() {
                return "webhook";
            }

            @Override
            public SinkKind kind() {
                return SinkKind.EFFECT;
            }

            @Override
            public int mostAtOnce() {
                return 1;
            }

            @Override
            public Duration longestWrite() {
                return longestWrite;
            }

            @Override
            public List<Failure> write(SinkBatch batch) {
                writes.incrementAndGet();
                return List.of();
            }

            @Override
            public void check() throws SinkException {
                if (down) {
                    throw SinkException.retryable("It is down", null);
                }
            }
        };
    }

    @Test
    void claimOfAProcessThatStoodStillIsTakenForAnothers() throws Exception {
        CapturedTable table = TestTables.items();
        SinkBatch batch = SinkBatch.of(List.of(new Change(
                table,
                new TestEvents(table)
                        .create(
                                "{\"id\":1}",
                                "{\"id\":1,\"name\":\"a\",\"amount\":null,\"note\":null,\"data\":null}"))));
        assertThatExceptionOfType(SinkException.class)
                .isThrownBy(() -> new GuardedSink(sink(Duration.ZERO), new Slow()).write(batch))
                .returns(ErrorCategory.RETRYABLE, SinkException::category);
        assertThat(writes).hasValue(0);

        assertThat(new GuardedSink(sink(Duration.ofHours(1)), new Slow()).write(batch))
                .isEmpty();
        assertThat(writes).hasValue(1);
    }

    @Test
    void whatCouldNotBeMarkedIsMarkedByALookAtTheSinkWhateverThatSays() {
        CapturedTable table = TestTables.items();
        Mark done = Mark.of(new TestEvents(table).create("{\"id\":1}", "{\"id\":1,\"name\":\"a\"}"));
        GuardInMemory guard = new GuardInMemory();
        guard.unstored.add(done.eventId());
        down = true;
        GuardedSink guarded = new GuardedSink(sink(Duration.ofHours(1)), guard);
        guard.away = true;
        assertThatExceptionOfType(SinkException.class)
                .isThrownBy(guarded::check)
                .withMessageStartingWith("The platform database does not answer");
        guard.away = false;
        assertThatExceptionOfType(SinkException.class)
                .isThrownBy(guarded::check)
                .withMessage("It is down");
        assertThat(guard.accepted).containsExactly(done.eventId());
    }
}
