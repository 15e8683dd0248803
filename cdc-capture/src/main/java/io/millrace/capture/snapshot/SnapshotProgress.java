package io.millrace.capture.snapshot;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableSnapshot;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Notes in the catalog how far a snapshot is, once Kafka has it. Used by one thread. */
final class SnapshotProgress {

    private final TableSnapshot snapshot;
    private final PipelineCatalog catalog;
    private final LongConsumer counter;
    private long rowsDone;

    /** @param counter told of rows that Kafka has */
    SnapshotProgress(TableSnapshot snapshot, PipelineCatalog catalog, LongConsumer counter) {
        this.snapshot = snapshot;
        this.catalog = catalog;
        this.counter = counter;
        this.rowsDone = snapshot.rowsDone();
    }

    void begin(@Nullable Long estimated) {
        catalog.snapshotProgress(snapshot.id(), rowsDone, estimated, null);
    }

    /** Counts from nothing: what was read before counts for nothing. */
    void restart() {
        rowsDone = 0;
    }

    void chunk(int read, int published, @Nullable String lastKey) {
        counter.accept(published);
        rowsDone += read;
        catalog.snapshotProgress(snapshot.id(), rowsDone, null, lastKey);
    }

    long rowsDone() {
        return rowsDone;
    }
}
