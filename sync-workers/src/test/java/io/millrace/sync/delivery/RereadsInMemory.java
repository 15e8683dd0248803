package io.millrace.sync.delivery;

import io.millrace.catalog.snapshot.Rereads;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.springframework.dao.DataAccessResourceFailureException;

/** The keys that capture was asked for, in order; may be told to fail. */
final class RereadsInMemory implements Rereads {

    final List<String> keys = new ArrayList<>();
    boolean failing;

    @Override
    public void request(long tableId, Collection<Doubt> rows, Long snapshotId, String by) {
        if (failing) {
            throw new DataAccessResourceFailureException("The test wants it to fail");
        }
        rows.forEach(row -> keys.add(row.key().json()));
    }

    @Override
    public List<Long> tables(String source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Reread> next(long tableId, int limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void answered(Collection<Reread> requests) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long open(long tableId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long newest() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<OpenRereads> openUpTo(long id) {
        throw new UnsupportedOperationException();
    }
}
