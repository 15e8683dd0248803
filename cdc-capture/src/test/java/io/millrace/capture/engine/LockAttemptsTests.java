package io.millrace.capture.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.TableState;
import io.millrace.event.TableId;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LockAttemptsTests {

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private static final String WAITS = "Somebody holds it.";

    private final List<String> notes = new ArrayList<>();
    private final LockAttempts attempts =
            new LockAttempts((table, state, message) -> notes.add(table + " " + state + " " + message));

    private static CapturedTable table(long id, @Nullable String message) {
        return new CapturedTable(
                id,
                "shop",
                new TableId("public", "t"),
                "shop.public.t",
                List.of("id"),
                List.of(),
                1,
                ReplicaIdentity.DEFAULT,
                TableState.REMOVING,
                message,
                Instant.EPOCH,
                "test",
                Instant.EPOCH,
                List.of());
    }

    @Test
    void aTableThatSomebodyHoldsSaysSoOnceAndAnyOtherFailureIsPassedOn() throws Exception {
        LockAttempts.Attempt refused = () -> {
            throw new SQLException("canceling statement due to lock timeout", "55P03");
        };
        assertThat(attempts.run(table(7, null), WAITS, refused)).isFalse();
        assertThat(attempts.run(table(8, WAITS), WAITS, refused)).isFalse();
        assertThat(attempts.run(table(9, null), WAITS, () -> {})).isTrue();
        assertThat(notes).containsExactly("7 REMOVING Somebody holds it.");
        SQLException gone = new SQLException("relation does not exist", "42P01");
        assertThatThrownBy(() -> attempts.run(table(9, null), WAITS, () -> {
                    throw gone;
                }))
                .isSameAs(gone);
    }

    @Test
    void eachAttemptWaitsTwiceAsLongUpToHalfAMinute() {
        long now = Long.MAX_VALUE - SECOND;
        List<Double> waits = new ArrayList<>();
        for (int attempt = 0; attempt < 9; attempt++) {
            assertThat(attempts.mustWait(7, now)).isFalse();
            attempts.failed(7, now);
            long tried = now;
            while (attempts.mustWait(7, now)) {
                now += SECOND / 4;
            }
            waits.add((now - tried) / (double) SECOND);
        }
        assertThat(waits).containsExactly(0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0);
    }

    @Test
    void anotherTableAndOneThatWasLockedWaitForNothing() {
        attempts.failed(7, 0);
        attempts.failed(7, 0);
        assertThat(attempts.mustWait(8, 0)).isFalse();
        attempts.succeeded(7);
        assertThat(attempts.mustWait(7, 0)).isFalse();
        attempts.failed(7, 0);
        assertThat(attempts.mustWait(7, SECOND / 2)).isFalse();
    }
}
