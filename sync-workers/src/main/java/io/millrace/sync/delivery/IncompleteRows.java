package io.millrace.sync.delivery;

import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.AwaitedRows.Place;
import io.millrace.sync.deadletter.Gap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.dao.DataAccessException;

/**
 * What is done with changes of states that lack values which the sink cannot give: they are left out, capture is asked for the rows, and its
 * answers come through the topic like any read. Until a row comes whole, later changes of it that lack values are left out as well: the sink
 * holds the state before the first of them, and from that they would become a row that never was.
 */
final class IncompleteRows {

    private final String sink;
    private final Rereads rereads;
    private final AwaitedRows awaited;

    IncompleteRows(String sink, Rereads rereads, AwaitedRows awaited) {
        this.sink = sink;
        this.rereads = rereads;
        this.awaited = awaited;
    }

    /** Leaves changes out and asks for their rows; their partitions are held back where that could not be stored. */
    void ask(List<Received> lacking, Outcome outcome) {
        try {
            ask(lacking);
        } catch (DataAccessException e) {
            holdBack(lacking, "Rows that must be read again cannot be asked for: ", e, outcome);
        }
    }

    /** @throws DataAccessException if that could not be stored */
    void ask(List<Received> lacking) {
        byTable(lacking).forEach((table, some) -> {
            List<Doubt> doubts = new ArrayList<>(some.size());
            Map<Long, Gap> gaps = new HashMap<>();
            for (Received received : some) {
                RowKey key = received.event().key();
                Long row = received.keyHash();
                if (key != null) {
                    doubts.add(Doubt.of(key));
                }
                if (row != null) {
                    gaps.merge(row, Gap.at(received.event().rowVersion()), Gap::and);
                    received.held().awaits(true);
                }
            }
            rereads.request(table, doubts, null, sink);
            awaited.leftOut(place(table), gaps);
        });
    }

    /**
     * Returns the changes, without those that nothing which is held or comes before them can complete: these are left out. None where that
     * cannot be known now, and their partitions are held back.
     */
    List<Received> fitting(List<Received> changes, Outcome outcome) {
        try {
            List<Received> behind = behind(changes);
            if (behind.isEmpty()) {
                return changes;
            }
            ask(behind, outcome);
            Set<Received> without = Collections.newSetFromMap(new IdentityHashMap<>());
            without.addAll(behind);
            return changes.stream().filter(one -> !without.contains(one)).toList();
        } catch (DataAccessException e) {
            holdBack(changes, "Which rows are awaited cannot be looked up: ", e, outcome);
            return List.of();
        }
    }

    /**
     * Returns, of changes in their order, those that lack values and stand behind a change of their row that was left out or discarded.
     *
     * @throws DataAccessException if that cannot be known
     */
    List<Received> behind(List<Received> changes) {
        Map<Long, Gap> gaps =
                gaps(changes.stream().filter(IncompleteRows::takesFromHeld).toList());
        if (gaps.isEmpty()) {
            return List.of();
        }
        List<Received> behind = new ArrayList<>();
        for (Received one : changes) {
            Long row = one.keyHash();
            Gap gap = row == null ? null : gaps.get(row);
            if (row == null || gap == null) {
                continue;
            }
            long version = one.event().rowVersion();
            if (takesFromHeld(one) && gap.isBefore(version)) {
                behind.add(one);
                gaps.put(row, gap.and(Gap.at(version)));
            } else if (one.change().isWhole() && gap.isMadeGoodBy(version)) {
                gaps.remove(row);
            }
        }
        return behind;
    }

    private static boolean takesFromHeld(Received received) {
        return received.change().isIncomplete();
    }

    private Map<Long, Gap> gaps(List<Received> lacking) {
        Map<Long, Gap> gaps = new HashMap<>();
        byTable(lacking).forEach((table, some) -> {
            Set<Long> rows = new HashSet<>();
            for (Received one : some) {
                Long row = one.held().hasGaps() || awaits(one) ? one.keyHash() : null;
                Gap gap = row == null ? null : one.held().gap(row);
                if (gap != null) {
                    gaps.put(row, gap);
                }
                if (row != null && awaits(one)) {
                    rows.add(row);
                }
            }
            if (!rows.isEmpty()) {
                awaited.among(place(table), rows).forEach((row, gap) -> gaps.merge(row, gap, Gap::and));
            }
        });
        return gaps;
    }

    /** These were applied: rows that are whole with them are no longer awaited, nor are those of a table that was emptied. */
    void came(List<Received> applied, Outcome outcome) {
        try {
            byTable(applied.stream().filter(one -> one.isWhole() && awaits(one)).toList())
                    .forEach(this::came);
        } catch (DataAccessException e) {
            holdBack(applied, "That rows which were awaited have come cannot be noted: ", e, outcome);
        }
    }

    private void came(long table, List<Received> whole) {
        Map<Long, Long> versions = new HashMap<>();
        for (Received one : whole) {
            Long row = one.keyHash();
            if (one.event().operation() == Operation.TRUNCATE) {
                awaited.emptied(place(table), one.event().rowVersion());
            } else if (row != null) {
                versions.merge(row, one.event().rowVersion(), Math::max);
            }
        }
        if (!versions.isEmpty()) {
            awaited.came(place(table), versions);
        }
        whole.forEach(one -> one.held().awaits(null));
    }

    /** Asked of the catalog once for a partition, until something changes there. */
    private boolean awaits(Received received) {
        HeldKeys held = received.held();
        Boolean known = held.awaits();
        if (known == null) {
            known = awaited.any(place(received.change().table().id()));
            held.awaits(known);
        }
        return known;
    }

    private Place place(long table) {
        return new Place(table, sink);
    }

    private static Map<Long, List<Received>> byTable(List<Received> changes) {
        return changes.stream()
                .collect(Collectors.groupingBy(one -> one.change().table().id()));
    }

    private static void holdBack(List<Received> changes, String what, DataAccessException e, Outcome outcome) {
        changes.forEach(one -> outcome.holdBack(one.partition(), what + e.getMessage()));
    }
}
