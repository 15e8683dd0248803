package io.millrace.capture.engine;

import io.millrace.capture.slot.SourceNotReadyException;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceLocks;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Tries what needs a lock on a table, and again where somebody else holds it; the table says what it waits for. The application's writers
 * queue behind a lock that waits, so an attempt is a pause for them: a table that is never free must not be stopped several times a second
 * for ever. Used by one thread.
 */
final class LockAttempts {

    private static final Duration LONGEST = Duration.ofSeconds(30);

    private final Notes notes;
    private final Map<Long, Next> tables = new HashMap<>();

    /** @param notes where tables say what they wait for */
    LockAttempts(Notes notes) {
        this.notes = notes;
    }

    /** Notes a table's state. */
    @FunctionalInterface
    interface Notes {
        void tableState(long table, TableState state, String message);
    }

    /** What needs a lock on a table. */
    @FunctionalInterface
    interface Attempt {
        void run() throws SQLException, SourceNotReadyException, InterruptedException;
    }

    private record Next(Backoff backoff, long atNanos) {}

    /**
     * Runs what needs a lock, unless it is not time yet.
     *
     * @param waitsFor what the table says where somebody else holds it
     * @return whether it ran to its end
     */
    boolean run(CapturedTable table, String waitsFor, Attempt attempt)
            throws SQLException, SourceNotReadyException, InterruptedException {
        if (mustWait(table.id(), System.nanoTime())) {
            return false;
        }
        try {
            attempt.run();
            return true;
        } catch (SQLException e) {
            if (!SourceLocks.isRefused(e)) {
                throw e;
            }
            held(table, waitsFor);
            return false;
        }
    }

    /** Has a table wait for its next attempt, and say what for. */
    void held(CapturedTable table, String waitsFor) {
        failed(table.id(), System.nanoTime());
        if (!waitsFor.equals(table.message())) {
            notes.tableState(table.id(), table.state(), waitsFor);
        }
    }

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
