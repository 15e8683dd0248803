package io.millrace.sync.delivery;

import io.millrace.event.Operation;
import io.millrace.sync.sink.Coalescer;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes coalesced states. What fails is known by item, or found by halving; rows that the sink cannot complete are asked for. Of a row with
 * a dead letter, a whole state goes on and takes the letter's place; one that lacks values waits for it, because the letter may hold them.
 */
final class StateWriter implements BatchWriter {

    private static final Coalescer<Received> COALESCER = new Coalescer<>(Received::change, Received::folded);

    private final Sink sink;
    private final Faults faults;
    private final IncompleteRows incomplete;

    StateWriter(Sink sink, Faults faults, IncompleteRows incomplete) {
        this.sink = sink;
        this.faults = faults;
        this.incomplete = incomplete;
    }

    @Override
    public Outcome write(List<PartitionBatch> batches) {
        Outcome outcome = new Outcome();
        List<Received> all = new ArrayList<>();
        boolean repeats = false;
        for (PartitionBatch batch : batches) {
            if (faults.malformed(batch, outcome)) {
                incomplete.ask(batch.lacking(), outcome);
                all.addAll(incomplete.fitting(batch.received(), outcome));
                repeats |= batch.repeats();
            }
        }
        List<Received> wanted = new ArrayList<>();
        for (Received received : COALESCER.coalesce(all)) {
            if (mustWait(received)) {
                faults.behind(received.parts(), outcome);
            } else {
                wanted.add(received);
            }
        }
        write(wanted, repeats, outcome);
        truncated(
                all.stream()
                        .filter(received -> received.event().operation() == Operation.TRUNCATE)
                        .toList(),
                outcome);
        return outcome;
    }

    /** A truncate is written once for all partitions of its table, and takes the place of the dead letters in each. */
    private void truncated(List<Received> truncates, Outcome outcome) {
        if (!outcome.stopped() && truncates.stream().allMatch(one -> outcome.reason(one.partition()) == null)) {
            truncates.forEach(truncate -> faults.applied(truncate, outcome));
            incomplete.came(truncates, outcome);
        }
    }

    private static boolean mustWait(Received received) {
        return received.event().operation() != Operation.TRUNCATE
                && !received.isWhole()
                && received.held().holds(received);
    }

    private void write(List<Received> part, boolean repeats, Outcome outcome) {
        if (part.isEmpty() || outcome.stopped()) {
            return;
        }
        try {
            List<Failure> failures =
                    sink.write(new SinkBatch(part.stream().map(Received::change).toList(), List.of(), repeats));
            settle(part, failures, outcome);
        } catch (SinkException e) {
            String said = String.valueOf(e.getMessage());
            switch (e.category()) {
                case RETRYABLE, INCOMPLETE -> outcome.sinkDown(said);
                case REJECTED -> {
                    if (part.size() == 1) {
                        reject(part.get(0), said, e, outcome);
                    } else {
                        halves(part, repeats, outcome);
                    }
                }
                case FATAL -> {
                    if (oneTable(part)) {
                        faults.fatal(part.get(0).change().table(), said, part, outcome);
                    } else {
                        halves(part, repeats, outcome);
                    }
                }
            }
        } catch (RuntimeException e) {
            if (part.size() == 1) {
                Received received = part.get(0);
                faults.unexpected(received.partition(), received.record().offset(), e, outcome);
            } else {
                apart(part, repeats, outcome);
            }
        }
    }

    private void settle(List<Received> part, List<Failure> failures, Outcome outcome) {
        Set<Integer> failed = new HashSet<>();
        List<Received> lacking = new ArrayList<>(0);
        for (Failure failure : failures) {
            failed.add(failure.index());
            Received received = part.get(failure.index());
            switch (failure.category()) {
                case RETRYABLE -> outcome.holdBack(received.partition(), failure.cause());
                case REJECTED -> reject(received, failure.cause(), null, outcome);
                case INCOMPLETE -> lacking.add(received);
                case FATAL -> faults.fatal(received.change().table(), failure.cause(), List.of(received), outcome);
            }
        }
        for (int i = 0; i < part.size(); i++) {
            if (!failed.contains(i) && part.get(i).change().isUnasked()) {
                lacking.add(part.get(i));
            }
        }
        incomplete.ask(lacking, outcome);
        List<Received> applied = new ArrayList<>(part.size());
        for (int i = 0; i < part.size(); i++) {
            if (!failed.contains(i) && part.get(i).event().operation() != Operation.TRUNCATE) {
                applied.add(part.get(i));
            }
        }
        applied.forEach(received -> faults.applied(received, outcome));
        incomplete.came(applied, outcome);
    }

    /** What was put together from several records is tried one by one, so that each is kept as it came, or applied. */
    private void reject(Received received, String cause, @Nullable Throwable thrown, Outcome outcome) {
        if (received.parts().size() == 1) {
            faults.rejected(received, cause, thrown, outcome);
            return;
        }
        for (Received one : received.parts()) {
            if (outcome.stopped() || outcome.reason(one.partition()) != null) {
                return;
            }
            if (mustWait(one)) {
                faults.behind(List.of(one), outcome);
            } else {
                write(incomplete.fitting(List.of(one), outcome), true, outcome);
            }
        }
    }

    /**
     * By halves, until the record is found that the sink breaks at. Its partition comes again from there, so the rest of it is not tried now:
     * a sink that breaks at everything would be asked for each change. A truncate is, which stands for other partitions too.
     */
    private void apart(List<Received> part, boolean repeats, Outcome outcome) {
        int middle = part.size() / 2;
        write(part.subList(0, middle), repeats, outcome);
        write(
                part.subList(middle, part.size()).stream()
                        .filter(one -> one.event().operation() == Operation.TRUNCATE
                                || outcome.reason(one.partition()) == null)
                        .toList(),
                repeats,
                outcome);
    }

    private void halves(List<Received> part, boolean repeats, Outcome outcome) {
        int middle = part.size() / 2;
        write(part.subList(0, middle), repeats, outcome);
        write(part.subList(middle, part.size()), repeats, outcome);
    }

    private static boolean oneTable(List<Received> part) {
        return part.stream()
                        .map(received -> received.change().table().id())
                        .distinct()
                        .count()
                == 1;
    }
}
