package io.millrace.capture.engine;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * When tables may be tried to be locked again. The application's writers queue behind a lock that waits, so an attempt is a pause for them:
 * a table that is never free must not be stopped several times a second for ever. Used by one thread.
 */
final class LockAttempts {

    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final Map<Long, Next> tables = new HashMap<>();

    private record Next(Backoff backoff, long atNanos) {}

    /** Returns whether it is not time yet. */
    boolean mustWait(long table, long nanos) {
        Next next = tables.get(table);
        return next != null && nanos - next.atNanos() < 0;
    }

    /** Has the next attempt wait twice as long as this one did, half a second at first and half a minute at most. */
    void failed(long table, long nanos) {
        Next before = tables.get(table);
        Backoff backoff = before == null ? new Backoff(LONGEST) : before.backoff();
        tables.put(table, new Next(backoff, nanos + backoff.advance().toNanos()));
    }

    void succeeded(long table) {
        tables.remove(table);
    }
}
