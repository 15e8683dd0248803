package io.millrace.capture.snapshot;

import static java.util.Objects.requireNonNull;

import io.millrace.capture.publish.TableTopic;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Source;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.event.RowKey;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests for single rows, on a thread of its own: a barrier may wait for them while a snapshot takes hours. */
final class Rereading {

    private static final Logger LOG = LoggerFactory.getLogger(Rereading.class);
    private static final int KEYS_AT_A_TIME = 500;
    private static final long LOOK_MILLIS = 200;
    private static final long RETRY_MILLIS = 1000;

    private final Source source;
    private final SnapshotContext context;
    private final SnapshotMetrics metrics;
    private final Map<Long, Target> targets = new ConcurrentHashMap<>();
    private final Map<Long, Long> restUntil = new ConcurrentHashMap<>();
    private final Semaphore asked = new Semaphore(0);
    private final KnownMissing known = new KnownMissing();
    private final Thread thread;
    private volatile @Nullable ChunkReading reading;
    private volatile boolean stopped;

    private record Target(CapturedTable table, TableTopic topic, HeldRows held) {}

    Rereading(Source source, SnapshotContext context, SnapshotMetrics metrics) {
        this.source = source;
        this.context = context;
        this.metrics = metrics;
        this.thread = new Thread(this::run, "capture-" + source.name() + "-reread");
    }

    void start(Windows windows) {
        this.windows = windows;
        thread.start();
    }

    private @Nullable Windows windows;

    /** Has it look now. */
    void wake() {
        asked.release();
    }

    void know(CapturedTable table, TableTopic topic) {
        targets.compute(table.id(), (id, before) -> {
            // it knows the filters of snapshots, as long as the table has its name
            HeldRows held = before != null && before.table().table().equals(table.table())
                    ? before.held()
                    : new HeldRows(context.runs(), table.table());
            return new Target(table, topic, held);
        });
    }

    void forget(long table) {
        targets.remove(table);
        restUntil.remove(table);
    }

    private void run() {
        try {
            while (!stopped) {
                if (asked.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    asked.drainPermits();
                }
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() throws InterruptedException {
        for (long table : tables()) {
            Target target = targets.get(table);
            Long until = restUntil.get(table);
            boolean rests = until != null && System.nanoTime() - until < 0;
            if (target != null && !rests && !stopped) {
                turn(target);
            }
        }
    }

    private List<Long> tables() throws InterruptedException {
        try {
            return context.rereads().tables(source.name());
        } catch (RuntimeException | Error e) {
            if (!stopped) {
                LOG.warn("Nobody knows which rows of {} are to be read again; asked in a second", source.name(), e);
                TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
            }
            return List.of();
        }
    }

    /** One table's failure is no other's, and no table has a second turn before the others had one. */
    private void turn(Target target) throws InterruptedException {
        CapturedTable table = target.table();
        try {
            restUntil.remove(table.id());
            if (answer(target)) {
                wake();
            }
        } catch (SQLException | RuntimeException | Error e) {
            // the thread lives whatever it meets: there is no other, and nobody would notice
            if (!stopped) {
                LOG.warn(
                        "Rows of {} cannot be read again now; tried in a second: {}",
                        table.table(),
                        ReadingFailure.said(null, e));
                restUntil.put(table.id(), System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS));
            }
        }
    }

    /** Answers a table's oldest requests; returns whether there may be more. */
    private boolean answer(Target target) throws SQLException, InterruptedException {
        List<Reread> next = context.rereads().next(target.table().id(), KEYS_AT_A_TIME);
        if (next.isEmpty()) {
            return false;
        }
        try (ChunkReading chunks =
                new ChunkReading(source, target.table(), target.topic(), context.catalog(), windows())) {
            reading = chunks;
            List<Reread> fresh =
                    next.stream().filter(one -> !known.answers(one)).toList();
            List<Reread> wanted = target.held().wanted(chunks.connection(), fresh);
            List<Reread> answered = new ArrayList<>(next);
            answered.removeAll(wanted);
            if (!wanted.isEmpty()) {
                answered.addAll(read(target, chunks, wanted));
            }
            context.rereads().answered(answered);
            return answered.size() < next.size() || next.size() == KEYS_AT_A_TIME;
        } finally {
            reading = null;
        }
    }

    /** Returns the requests that Kafka has the answers to. */
    private List<Reread> read(Target target, ChunkReading chunks, List<Reread> wanted)
            throws SQLException, InterruptedException {
        List<RowKey> keys = wanted.stream().map(Reread::key).distinct().toList();
        Set<String> inDoubt = wanted.stream()
                .filter(one -> one.snapshotId() != null && !known.contains(one))
                .map(one -> one.key().json())
                .collect(Collectors.toSet());
        Set<String> open = new HashSet<>();
        Set<String> gone = new HashSet<>();
        Set<String> there = new HashSet<>();
        ChunkReading.Read read = chunks.read((table, into) -> {
            open.clear();
            gone.clear();
            there.clear();
            boolean whole = new RowReader(table.table()).at(chunks.connection(), keys, into);
            Set<String> found = new HashSet<>();
            for (int i = 0; i < into.size(); i++) {
                // by its values: a sink may have spelled a key's JSON in another way
                found.add(new RowKey(into.key(i)).encoded());
            }
            for (RowKey key : keys) {
                boolean isThere = found.contains(key.encoded());
                if (isThere) {
                    there.add(key.json());
                } else if (whole && inDoubt.contains(key.json())) {
                    into.addMissing(key);
                    gone.add(key.json());
                } else if (!whole) {
                    open.add(key.json());
                }
            }
        });
        open.addAll(read.outcome().again());
        gone.removeAll(open);
        wanted.stream().filter(one -> there.contains(one.key().json())).forEach(known::remove);
        // several sinks may have asked for one, each as it holds it
        List<Reread> missing = wanted.stream()
                .filter(one -> gone.contains(one.key().json()) && known.add(one))
                .toList();
        metrics.of(target.table()).reread(read.outcome().sent().rows(), gone.size());
        count(target, missing);
        return wanted.stream().filter(one -> !open.contains(one.key().json())).toList();
    }

    private void count(Target target, List<Reread> missing) {
        missing.stream()
                .collect(Collectors.groupingBy(one -> requireNonNull(one.snapshotId()), Collectors.counting()))
                .forEach((snapshot, rows) -> {
                    LOG.info(
                            "{} rows of {} that sinks held are not in the source",
                            rows,
                            target.table().table());
                    context.runs().missing(snapshot, rows);
                });
    }

    private Windows windows() {
        return requireNonNull(windows);
    }

    void stop() {
        stopped = true;
        Snapshots.end(thread, () -> {
            ChunkReading open = reading;
            if (open != null) {
                open.abandon();
            }
        });
    }
}
