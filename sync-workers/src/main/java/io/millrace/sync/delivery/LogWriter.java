package io.millrace.sync.delivery;

import io.millrace.event.Operation;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.FenceLostException;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes every change with the step that it stands for. When the batch is refused, or the sink breaks at it, each partition is written by halves, every half
 * with its own step, so that exactly once holds all the way down to the one record that cannot be written. Later changes of that row
 * wait as dead letters behind it.
 */
final class LogWriter implements BatchWriter {

    private final Sink sink;
    private final Faults faults;

    LogWriter(Sink sink, Faults faults) {
        this.sink = sink;
        this.faults = faults;
    }

    @Override
    public Outcome write(List<PartitionBatch> batches) {
        Outcome outcome = new Outcome();
        List<PartitionBatch> sound = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        for (PartitionBatch batch : batches) {
            List<Change> own = new ArrayList<>();
            if (faults.malformed(batch, outcome) && pass(batch, batch.received(), own, outcome)) {
                sound.add(batch);
                changes.addAll(own);
            }
        }
        if (sound.isEmpty() || outcome.stopped()) {
            return outcome;
        }
        try {
            sink.write(new SinkBatch(
                    changes,
                    sound.stream().map(PartitionBatch::step).toList(),
                    sound.stream().anyMatch(PartitionBatch::repeats)));
        } catch (FenceLostException e) {
            outcome.fenceLost();
        } catch (SinkException e) {
            switch (e.category()) {
                case RETRYABLE, INCOMPLETE -> outcome.sinkDown(String.valueOf(e.getMessage()));
                case REJECTED, FATAL -> sound.forEach(batch -> bisect(batch, outcome));
            }
        } catch (RuntimeException e) {
            sound.forEach(batch -> bisect(batch, outcome));
        }
        return outcome;
    }

    private void bisect(PartitionBatch batch, Outcome outcome) {
        outcome.reached(batch.partition(), batch.expected());
        if (batch.received().isEmpty()) {
            part(batch, batch.expected(), 0, 0, outcome);
        } else {
            range(batch, batch.expected(), 0, batch.received().size(), outcome);
        }
    }

    /** Writes the changes from one index to another, where the sink stands at {@code from}; tells where it stands then, or -1. */
    private long range(PartitionBatch batch, long from, int first, int last, Outcome outcome) {
        long reached = part(batch, from, first, last, outcome);
        if (reached != SPLIT) {
            return reached;
        }
        int middle = (first + last) >>> 1;
        long half = range(batch, from, first, middle, outcome);
        return half < 0 ? half : range(batch, half, middle, last, outcome);
    }

    private static final long STOPPED = -1;
    private static final long SPLIT = -2;

    private long part(PartitionBatch batch, long from, int first, int last, Outcome outcome) {
        if (outcome.stopped()) {
            return STOPPED;
        }
        List<Received> part = batch.received().subList(first, last);
        long to = batch.offsetOf(last);
        List<Change> changes = new ArrayList<>(part.size());
        if (!pass(batch, part, changes, outcome)) {
            return STOPPED;
        }
        try {
            return write(batch, from, to, part, changes, outcome);
        } catch (FenceLostException e) {
            outcome.fenceLost();
            return STOPPED;
        } catch (SinkException e) {
            switch (e.category()) {
                case RETRYABLE, INCOMPLETE -> outcome.sinkDown(String.valueOf(e.getMessage()));
                case FATAL -> faults.fatal(batch, String.valueOf(e.getMessage()), outcome);
                case REJECTED -> {
                    if (part.size() > 1) {
                        return SPLIT;
                    }
                    return part.isEmpty() ? STOPPED : reject(batch, from, to, part.get(0), e, outcome);
                }
            }
            return STOPPED;
        } catch (RuntimeException e) {
            if (part.size() > 1) {
                return SPLIT;
            }
            faults.unexpected(
                    batch.partition(),
                    part.isEmpty() ? from : part.get(0).record().offset(),
                    e,
                    outcome);
            return STOPPED;
        }
    }

    private long reject(
            PartitionBatch batch, long from, long to, Received received, SinkException rejection, Outcome outcome) {
        if (!faults.rejected(received, String.valueOf(rejection.getMessage()), rejection, outcome)) {
            return STOPPED;
        }
        try {
            return write(batch, from, to, List.of(received), List.of(), outcome);
        } catch (FenceLostException e) {
            outcome.fenceLost();
        } catch (SinkException e) {
            outcome.sinkDown(String.valueOf(e.getMessage()));
        }
        return STOPPED;
    }

    private long write(
            PartitionBatch batch, long from, long to, List<Received> part, List<Change> changes, Outcome outcome)
            throws SinkException {
        sink.write(new SinkBatch(changes, List.of(batch.step(from, to, part, part.size())), batch.repeats()));
        outcome.reached(batch.partition(), to);
        return to;
    }

    /**
     * Chooses what is to be written; what must wait for a dead letter is kept behind it first. False if that is not possible now.
     */
    private boolean pass(PartitionBatch batch, List<Received> part, List<Change> changes, Outcome outcome) {
        Faults.Discarded discarded = faults.discarded(batch, outcome);
        if (discarded == null) {
            return false;
        }
        List<Received> behind = new ArrayList<>(0);
        for (Received received : part) {
            if (batch.held().holds(received)) {
                behind.add(received);
            } else if (counts(received) && !discarded.contains(received)) {
                changes.add(received.change());
            }
        }
        return faults.behind(behind, outcome);
    }

    /** A truncate stands in every partition of its topic, for the order of each; it happened once. */
    static boolean counts(Received received) {
        return received.event().operation() != Operation.TRUNCATE
                || received.record().partition() == 0;
    }
}
