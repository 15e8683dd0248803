package io.millrace.sync.delivery;

import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.Gap;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.springframework.dao.DataAccessResourceFailureException;

/** Awaited rows of one table, kept in memory; may be told to fail. */
final class AwaitedInMemory implements AwaitedRows {

    final Map<Long, Gap> rows = new HashMap<>();
    boolean failing;

    private void meet() {
        if (failing) {
            throw new DataAccessResourceFailureException("The test wants it to fail");
        }
    }

    @Override
    public boolean any(Place place) {
        meet();
        return !rows.isEmpty();
    }

    @Override
    public Map<Long, Gap> among(Place place, Collection<Long> asked) {
        meet();
        Map<Long, Gap> found = new HashMap<>(rows);
        found.keySet().retainAll(asked);
        return found;
    }

    @Override
    public void leftOut(Place place, Map<Long, Gap> more) {
        meet();
        more.forEach((row, gap) -> rows.merge(row, gap, Gap::and));
    }

    @Override
    public void came(Place place, Map<Long, Long> versions) {
        meet();
        versions.forEach(
                (row, version) -> rows.computeIfPresent(row, (same, gap) -> gap.isMadeGoodBy(version) ? null : gap));
    }

    @Override
    public void emptied(Place place, long version) {
        meet();
        rows.values().removeIf(gap -> gap.isMadeGoodBy(version));
    }

    @Override
    public void begin(Place place, Place like) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void begin(Place place) {
        throw new UnsupportedOperationException();
    }
}
