package io.millrace.capture.engine;

import io.millrace.capture.slot.SlotGate;
import io.millrace.capture.wal.Relation;
import io.millrace.capture.wal.Tuple;
import io.millrace.capture.wal.WalHandler;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.SourceGap.Finding;
import io.millrace.event.Lsn;
import io.millrace.event.SourcePosition;
import java.time.Instant;

/**
 * Proves that the stream goes on where capture stopped, before anything new of it is published.
 *
 * <p>A server that was set back to a backup may have written more since than was captured before: its LSNs, its timeline and its slot
 * look right, and what it sends would be taken for what is published already. But then the slot sends again the place where the last
 * captured transaction was, and another one is there, or none.
 */
final class ResumeGuard implements WalHandler {

    private final WalHandler then;
    private final long commitLsn;
    private final long committedMicros;
    private volatile boolean proven;

    ResumeGuard(WalHandler then, SlotGate.Opening opening) {
        this.then = then;
        CaptureOffset start = opening.start();
        SourcePosition position = start.position();
        Instant committedAt = start.committedAt();
        if (position == null
                || committedAt == null
                || Long.compareUnsigned(opening.slotLsn(), position.commitLsn()) > 0) {
            // nothing was captured, or the slot does not send it again: it cannot stand behind what it never heard
            this.proven = true;
            this.commitLsn = 0;
            this.committedMicros = 0;
        } else {
            this.commitLsn = position.commitLsn();
            this.committedMicros = committedAt.getEpochSecond() * 1_000_000 + committedAt.getNano() / 1000;
        }
    }

    /** Returns whether the stream goes on where capture stopped; from any thread. */
    boolean isProven() {
        return proven;
    }

    private void passed(long lsn) {
        if (!proven && Long.compareUnsigned(lsn, commitLsn) > 0) {
            throw diverged(lsn, "and sends none there now");
        }
    }

    private HistoryDivergedException diverged(long lsn, String found) {
        return new HistoryDivergedException(new Finding(
                GapCause.RESTORED,
                "the server once sent a transaction committed at " + Lsn.format(commitLsn) + " " + found
                        + ": it was set back, for example to a backup",
                lsn));
    }

    @Override
    public void begin(long commit, long micros, long transaction) {
        if (!proven && commit == commitLsn) {
            if (micros != committedMicros) {
                throw diverged(commit, "and sends another one there now");
            }
            proven = true;
        }
        passed(commit);
        then.begin(commit, micros, transaction);
    }

    @Override
    public void commit(long commit, long end, long micros) {
        then.commit(commit, end, micros);
    }

    @Override
    public void caughtUp(long lsn) {
        passed(lsn);
        then.caughtUp(lsn);
    }

    @Override
    public void relation(Relation relation) {
        then.relation(relation);
    }

    @Override
    public void insert(int relation, long lsn, Tuple row) {
        then.insert(relation, lsn, row);
    }

    @Override
    public void update(int relation, long lsn, char identity, Tuple before, Tuple after) {
        then.update(relation, lsn, identity, before, after);
    }

    @Override
    public void delete(int relation, long lsn, char identity, Tuple before) {
        then.delete(relation, lsn, identity, before);
    }

    @Override
    public void truncate(int[] relations, long lsn) {
        then.truncate(relations, lsn);
    }

    @Override
    public void message(long lsn, boolean transactional, String prefix, byte[] content) {
        if (!transactional) {
            passed(lsn);
        }
        then.message(lsn, transactional, prefix, content);
    }
}
