package io.millrace.capture.snapshot;

import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.snapshot.SnapshotRuns;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Notes in the catalog how far a snapshot is, once Kafka has it, and learns there whether it may go on. Used by one thread. */
final class SnapshotProgress {

    /** The rate is that of so long: what a reader expects of "time left", without the jumps of single chunks. */
    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(15);

    private final long id;
    private final SnapshotRuns runs;
    private final SnapshotMetrics.Of metrics;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private long rowsDone;
    private @Nullable Long estimated;

    private record Mark(long nanos, long rows) {}

    SnapshotProgress(TableSnapshot snapshot, SnapshotRuns runs, SnapshotMetrics.Of metrics) {
        this.id = snapshot.id();
        this.runs = runs;
        this.metrics = metrics;
        this.rowsDone = snapshot.rowsDone();
        this.estimated = snapshot.rowsEstimated();
        marks.add(new Mark(System.nanoTime(), rowsDone));
    }

    /** Says that it runs; false if it may not. */
    boolean start() {
        return store(null, null, null);
    }

    /**
     * Counts a chunk; false if it is not to go on.
     *
     * @param published rows that Kafka has, without those that the stream had overtaken
     */
    boolean chunk(int read, int published, @Nullable String lastKey) {
        metrics.read(published);
        rowsDone += read;
        long now = System.nanoTime();
        marks.add(new Mark(now, rowsDone));
        while (marks.size() > 2 && now - marks.getFirst().nanos() > WINDOW_NANOS) {
            marks.removeFirst();
        }
        Mark first = marks.getFirst();
        double rate = (rowsDone - first.rows()) / Math.max(1e-3, (now - first.nanos()) / 1e9);
        Long total = estimated;
        if (total != null && total < rowsDone) {
            // the planner was wrong: at least this many, and nobody knows how many more
            total = rowsDone;
            estimated = total;
        }
        Long left =
                total == null || total <= rowsDone || rate <= 0 ? null : (Long) Math.round((total - rowsDone) / rate);
        return store(lastKey, rate, left);
    }

    private boolean store(@Nullable String lastKey, @Nullable Double rate, @Nullable Long left) {
        metrics.progress(rowsDone, estimated, left);
        return runs.progress(id, rowsDone, estimated, rate, left, lastKey).orElse(SnapshotState.CANCELLED)
                == SnapshotState.RUNNING;
    }

    long rowsDone() {
        return rowsDone;
    }
}
