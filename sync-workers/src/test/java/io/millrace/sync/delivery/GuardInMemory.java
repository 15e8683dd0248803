package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** What the table would hold, for one worker; and what another one is about. */
final class GuardInMemory implements Guard {

    final Set<String> accepted = new HashSet<>();
    final Set<String> claimed = new HashSet<>();
    final Set<String> heldByAnother = new HashSet<>();

    @Override
    public synchronized Set<String> done(Collection<Mark> events, boolean again) {
        return events.stream().map(Mark::eventId).filter(accepted::contains).collect(Collectors.toSet());
    }

    @Override
    public synchronized Verdict pass(Mark done, Mark next) {
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
    public void storeRest() {}
}
