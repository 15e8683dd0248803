package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildFeed;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.sync.sink.SinkException;
import java.util.HashMap;
import java.util.Map;

/**
 * A copy of a table whose topic lost its beginning and whose delivery is stopped: fed from the topic, with what a snapshot brought there.
 * Thread-safe.
 */
final class FeedWithSnapshot {

    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final Rebuilds rebuilds;
    private final SnapshotRuns snapshots;
    private final CopyFeed topic;

    FeedWithSnapshot(
            PipelineCatalog catalog, Offsets offsets, Rebuilds rebuilds, SnapshotRuns snapshots, CopyFeed topic) {
        this.catalog = catalog;
        this.offsets = offsets;
        this.rebuilds = rebuilds;
        this.snapshots = snapshots;
        this.topic = topic;
    }

    /**
     * Has the copy fed from the topic, which holds what the snapshot read, since delivery does not bring it: from where delivery stands, so
     * that what was deleted since is known to be when delivery goes on there, and at the latest from before the snapshot.
     */
    void feed(Rebuild rebuild, CapturedTable table) throws SinkException {
        TopicReader.Extent extent = topic.extent(table);
        Map<Integer, Long> delivered = stands(rebuild.sink(), table);
        Map<Integer, Long> from = new HashMap<>();
        for (Map.Entry<Integer, Long> begin : extent.begin().entrySet()) {
            int partition = begin.getKey();
            long before = rebuild.next().getOrDefault(partition, 0L);
            if (begin.getValue() > before) {
                throw CopyFeed.cut(table, null);
            }
            from.put(partition, Math.max(begin.getValue(), Math.min(before, delivered.getOrDefault(partition, 0L))));
        }
        topic.begin(rebuild);
        rebuilds.withSnapshot(rebuild.id(), from, extent.end());
    }

    private static boolean isUsed(Rebuild rebuild) {
        return rebuild.feed() == RebuildFeed.TOPIC && rebuild.snapshotId() != null;
    }

    /**
     * Returns from which version on every row was read and is in the copy, so that what it lacks in an older one is gone at the source; 0
     * where that is not so.
     */
    long readSince(Rebuild rebuild) {
        Rebuild now = rebuilds.find(rebuild.id()).orElse(rebuild);
        Long id = now.snapshotId();
        if (id == null || !isUsed(now) || now.refused() > 0) {
            return 0;
        }
        Long begun = snapshots.find(id).map(TableSnapshot::startVersion).orElse(null);
        return begun == null ? 0 : begun;
    }

    /**
     * Moves delivery over what retention deleted before it came there, where a snapshot that the copy holds makes up for it; before what
     * stopped it is opened again.
     */
    void passLost(Rebuild rebuild, CapturedTable table) {
        if (!isUsed(rebuild)) {
            return;
        }
        Map<Integer, Long> delivered = stands(rebuild.sink(), table);
        Map<TopicPartitionId, Long> to = new HashMap<>();
        rebuild.from().forEach((partition, begin) -> {
            if (delivered.getOrDefault(partition, 0L) < begin) {
                to.put(new TopicPartitionId(table.topic(), partition), begin);
            }
        });
        if (!to.isEmpty()) {
            offsets.rewind(rebuild.sink(), to);
        }
    }

    /** Has the table read again if the old one, which readers see again, may never be given what retention deleted. */
    void madeUpFor(Rebuild rebuild) {
        if (isUsed(rebuild)) {
            catalog.requestSnapshot(rebuild.tableId(), rebuild.requestedBy());
        }
    }

    /** Returns where delivery stands, by partition. */
    Map<Integer, Long> stands(String sink, CapturedTable table) {
        Map<Integer, Long> next = new HashMap<>();
        offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()))
                .forEach(offset -> next.put(offset.partition(), offset.nextOffset()));
        return next;
    }
}
