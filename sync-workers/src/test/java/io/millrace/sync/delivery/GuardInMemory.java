package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.CannotCreateTransactionException;

/** What the table would hold, for one worker; and what another one is about. */
final class GuardInMemory implements Guard {

    final Set<String> accepted = new HashSet<>();
    final Set<String> claimed = new HashSet<>();
    final Set<String> heldByAnother = new HashSet<>();
    /** What took place while it was {@link #away}. */
    final Set<String> unstored = new HashSet<>();
    /** Whether marks cannot be stored. */
    boolean away;

    @Override
    public synchronized Set<String> done(Collection<Mark> events, boolean again) {
        return events.stream().map(Mark::eventId).filter(accepted::contains).collect(Collectors.toSet());
    }

    @Override
    public synchronized Verdict pass(Mark done, Mark next) {
        if (away && done != null) {
            unstored.add(done.eventId());
            throw new DataAccessResourceFailureException("It is away");
        }
        if (done != null) {
            accepted.add(done.eventId());
        }
        if (next == null || accepted.contains(next.eventId())) {
            return Verdict.DONE;
        }
        if (heldByAnother.contains(next.eventId())) {
            return Verdict.HELD;
        }
        return claimed.add(next.eventId()) ? Verdict.FIRST : Verdict.AGAIN;
    }

    @Override
    public synchronized void storeRest() {
        if (!unstored.isEmpty()) {
            if (away) {
                throw new CannotCreateTransactionException("It is away");
            }
            accepted.addAll(unstored);
            unstored.clear();
        }
    }
}
