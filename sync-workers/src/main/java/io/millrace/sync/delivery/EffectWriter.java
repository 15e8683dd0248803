package io.millrace.sync.delivery;

import io.millrace.event.RowKey;
import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.sink.EffectSink;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Gives every change to a sink of effects, once as far as its {@link Guard} knows. A partition is passed up to the first change that
 * neither had its effect, with a mark of that, nor became a dead letter; what is behind it and is done already is found done when it is
 * read again.
 */
final class EffectWriter implements BatchWriter {

    /** After this a batch is given back unfinished: well below Kafka's max.poll.interval, 5 min. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final EffectSink sink;
    private final Guard guard;
    private final Faults faults;
    private final LaneEnds ends;
    private final Supplier<Instant> remembersSince;
    private final Predicate<TopicPartition> open;
    private final LoneRefusals refusals;
    private final ThreadPoolExecutor threads;
    private volatile boolean halted;

    /**
     * Makes the writer of a sink.
     *
     * @param remembersSince since when it is known which effects there were; asks the platform database
     * @param open whether a partition's changes may be delivered, as the catalog says by now
     * @param refusals what the sink refuses for now, of all partitions
     */
    EffectWriter(
            EffectSink sink,
            Guard guard,
            Faults faults,
            Supplier<Instant> remembersSince,
            Predicate<TopicPartition> open,
            LoneRefusals refusals) {
        this.sink = sink;
        this.guard = guard;
        this.faults = faults;
        this.ends = new LaneEnds(faults, refusals);
        this.remembersSince = remembersSince;
        this.open = open;
        this.refusals = refusals;
        this.threads = new ThreadPoolExecutor(
                sink.mostAtOnce(), sink.mostAtOnce(), 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "sync-" + sink.name() + "-effects");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** What is told apart: a row, or all that a partition holds of a table without a key. */
    private record Slot(TopicPartition partition, @Nullable RowKey key) {}

    @Override
    public void halt(boolean on) {
        halted = on;
    }

    @Override
    public Outcome write(List<PartitionBatch> batches) {
        Outcome outcome = new Outcome();
        List<PartitionBatch> sound = new ArrayList<>();
        EffectSteps steps = new EffectSteps();
        for (PartitionBatch batch : batches) {
            Faults.Discarded discarded = faults.malformed(batch, outcome) ? faults.discarded(batch, outcome) : null;
            if (discarded != null && !(batch.repeats() && forgotten(batch, outcome))) {
                sound.add(batch);
                steps.add(batch, discarded);
            }
        }
        List<Received> undone = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean again = sound.stream().anyMatch(PartitionBatch::repeats);
        for (List<Received> step : steps.all()) {
            undone.addAll(step(step, again, deadline, outcome));
        }
        for (PartitionBatch batch : sound) {
            reached(batch, undone, outcome);
        }
        return outcome;
    }

    /** What is no longer known would have its effect twice; true also where that cannot be told now. */
    private boolean forgotten(PartitionBatch batch, Outcome outcome) {
        Instant since;
        try {
            since = remembersSince.get();
        } catch (DataAccessException e) {
            outcome.holdBack(
                    batch.partition(),
                    "Since when effects of " + sink.name() + " are remembered cannot be looked up: " + e.getMessage());
            return true;
        }
        boolean old = batch.received().stream()
                .anyMatch(received -> received.event().capturedAt().isBefore(since));
        if (old) {
            faults.fatal(
                    batch,
                    "It was rewound to changes from before " + since.truncatedTo(ChronoUnit.SECONDS)
                            + ", which deduplication no longer knows: they would have their effect twice."
                            + " Rewind it to a later time.",
                    outcome);
        }
        return old;
    }

    /** Returns what stays undone. */
    private List<Received> step(List<Received> step, boolean again, long deadline, Outcome outcome) {
        List<Received> undone = new ArrayList<>();
        Map<Slot, Deque<Received>> lanes = new LinkedHashMap<>();
        for (Received received : step) {
            if (outcome.stopped() || outcome.reason(received.partition()) != null) {
                undone.add(received);
            } else if (!received.held().holds(received)) {
                lanes.computeIfAbsent(
                                new Slot(received.partition(), received.event().key()), slot -> new ArrayDeque<>())
                        .add(received);
            } else if (!faults.behind(List.of(received), outcome)) {
                undone.add(received);
            }
        }
        if (!lanes.isEmpty()) {
            leaveOutDone(lanes.values(), again, outcome);
        }
        // those that were refused a moment ago come last: however many they are, the others have their turn
        List<Deque<Received>> left = lanes.values().stream()
                .filter(lane -> !lane.isEmpty())
                .sorted(Comparator.comparing(lane -> refusals.has(lane.element())))
                .toList();
        while (!left.isEmpty()) {
            left = round(left, deadline, undone, outcome);
        }
        return undone;
    }

    /** Adds what stays undone, and returns the lanes that go on behind a change that was kept. */
    private List<Deque<Received>> round(
            Collection<Deque<Received>> lanes, long deadline, List<Received> undone, Outcome outcome) {
        EffectRound round = new EffectRound(
                sink,
                guard,
                () -> !halted && System.nanoTime() - deadline < 0 && !outcome.stopped(),
                open,
                refusals::isAlone);
        try {
            round.run(lanes, threads);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        String down = round.sinkDown();
        if (down != null) {
            outcome.sinkDown(down);
            if (round.isOutage()) {
                refusals.outage();
            }
        }
        List<Deque<Received>> goingOn = new ArrayList<>(0);
        // those with a fault first: it is what the others of their partition wait for
        lanes.stream()
                .filter(lane -> !lane.isEmpty())
                .sorted(Comparator.comparing(lane -> !hasFault(lane, round)))
                .forEach(lane -> {
                    if (ends.goesOn(lane, round.faults().get(lane.element()), untried(lane.element()), outcome)) {
                        goingOn.add(lane);
                    } else {
                        undone.addAll(lane);
                    }
                });
        refusals.taken(round.taken());
        return goingOn;
    }

    private String untried(Received received) {
        if (halted) {
            return "Millrace stops";
        }
        return open.test(received.partition())
                ? "Not all changes of the batch could be given to " + sink.name() + "; the rest follows"
                : "Its delivery was stopped in the middle of a batch; the rest follows once it is resumed";
    }

    private static boolean hasFault(Deque<Received> lane, EffectRound round) {
        return round.faults().containsKey(lane.element());
    }

    /** In one query; what is left is asked for one by one, when it is claimed. */
    private void leaveOutDone(Collection<Deque<Received>> lanes, boolean again, Outcome outcome) {
        List<Mark> marks = lanes.stream()
                .flatMap(Collection::stream)
                .map(received -> Mark.of(received.event()))
                .toList();
        try {
            guard.storeRest();
            Set<String> done = new HashSet<>(guard.done(marks, again));
            if (!done.isEmpty()) {
                lanes.forEach(lane -> lane.removeIf(
                        received -> done.contains(Mark.of(received.event()).eventId())));
            }
        } catch (DataAccessException | TransactionException e) {
            outcome.sinkDown(EffectRound.unnoted(sink.name(), e));
        }
    }

    private static void reached(PartitionBatch batch, List<Received> undone, Outcome outcome) {
        long reached = undone.stream()
                .filter(received -> received.partition().equals(batch.partition()))
                .mapToLong(received -> received.record().offset())
                .min()
                .orElse(batch.next());
        outcome.reached(batch.partition(), reached);
        if (reached < batch.next()) {
            outcome.holdBack(batch.partition(), "Other changes of the batch are waited for.");
        }
    }
}
