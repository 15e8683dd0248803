package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.AwaitedRows.Place;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.Gap;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What is missing in rows of a copy, so that later changes of them cannot be completed: what a person discarded, what nobody could complete,
 * what the copy refused, and what delivery awaited when the feed began, where the copy rests on what delivery holds: it sees all that comes
 * after. The last two are kept in the catalog, so that they are known when the feed goes on in another run. For one run of a feed; confined
 * to its thread.
 */
final class RowGaps {

    private final AwaitedRows missing;
    private final String sink;
    /** By what rows are told apart by. */
    private final Map<Long, Gap> gaps = new HashMap<>();

    /** Rows that came whole, with what is fed now, while any are known to the catalog. */
    private final Map<Long, Long> whole = new HashMap<>();

    /** Rows of which the copy refused what is fed now. */
    private final Map<Long, Gap> refused = new HashMap<>();

    /** Rows of which changes were left out, since nobody could give values that they lack, and that nothing since has brought whole. */
    private final Map<RowKey, Gap> awaited = new LinkedHashMap<>();

    private CapturedTable table;
    private boolean anyKept;

    RowGaps(AwaitedRows missing, CapturedTable table, String sink) {
        this.missing = missing;
        this.table = table;
        this.sink = sink;
    }

    /** Takes the table as it is called now. */
    void table(CapturedTable now) {
        table = now;
    }

    /** Begins with what was discarded and what the copy lacks, before this run too. */
    void look(DeadLetters letters, Set<Integer> partitions) {
        for (int number : partitions) {
            gaps.putAll(letters.gaps(sink, new TopicPartition(table.topic(), number)));
        }
        anyKept = missing.any(place());
    }

    private Place place() {
        return new Place(table.id(), sink).ofCopy();
    }

    /** Looks up what the catalog knows of rows that come now. */
    void lookUp(Collection<ChangeEvent> events) {
        if (!anyKept) {
            return;
        }
        Set<Long> rows = new HashSet<>();
        for (ChangeEvent event : events) {
            RowKey key = event.key();
            if (key != null && !event.unavailable().isEmpty()) {
                rows.add(hash(key));
            }
        }
        if (!rows.isEmpty()) {
            missing.among(place(), rows).forEach((row, gap) -> gaps.merge(row, gap, Gap::and));
        }
    }

    private long hash(RowKey key) {
        return key.hash(table.source(), table.table());
    }

    /** A change was left out because a person wants that. */
    void discarded(ChangeEvent event) {
        RowKey key = event.key();
        if (key != null) {
            gaps.merge(hash(key), Gap.at(event.rowVersion()), Gap::and);
        }
    }

    /** A change was left out because the copy cannot complete it. */
    void lacks(ChangeEvent event) {
        RowKey key = event.key();
        if (key != null) {
            awaited.merge(key, Gap.at(event.rowVersion()), Gap::and);
        }
    }

    /**
     * The copy refused a change for good. Capture is asked only when a change comes that lacks values: what it reads may be refused again,
     * without end.
     */
    void refused(ChangeEvent event) {
        RowKey key = event.key();
        if (key != null) {
            refused.merge(hash(key), Gap.at(event.rowVersion()), Gap::and);
        }
    }

    /** Tells whether a change stands behind one that was left out. */
    boolean areBefore(RowKey key, long version) {
        Gap asked = awaited.get(key);
        Gap gap = gaps.isEmpty() ? null : gaps.get(hash(key));
        return asked != null && asked.isBefore(version) || gap != null && gap.isBefore(version);
    }

    void cameWhole(RowKey key, long version) {
        awaited.computeIfPresent(key, (row, gap) -> gap.isMadeGoodBy(version) ? null : gap);
        if (!gaps.isEmpty() || anyKept) {
            long row = hash(key);
            gaps.computeIfPresent(row, (same, gap) -> gap.isMadeGoodBy(version) ? null : gap);
            if (anyKept) {
                whole.merge(row, version, Math::max);
            }
        }
    }

    /** What came is in the copy, but for what it refused: that must be known before progress is noted. */
    void fed() {
        whole.keySet().removeAll(refused.keySet());
        if (!whole.isEmpty()) {
            missing.came(place(), whole);
            anyKept = missing.any(place());
            whole.clear();
        }
        if (!refused.isEmpty()) {
            missing.leftOut(place(), refused);
            anyKept = true;
            refused.clear();
        }
    }

    /** Tells whether there are rows that nothing since has brought whole. */
    boolean hasAwaited() {
        return !awaited.isEmpty();
    }

    /** Returns the rows that nothing since has brought whole, once. */
    List<RowKey> takeAwaited() {
        List<RowKey> taken = List.copyOf(awaited.keySet());
        awaited.clear();
        return taken;
    }
}
