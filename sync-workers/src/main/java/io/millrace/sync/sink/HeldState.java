package io.millrace.sync.sink;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.RowKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A sink that can say which rows it holds: after a snapshot it is searched for rows that the source has no more. */
public interface HeldState {

    /** Takes rows, some at a time. */
    @FunctionalInterface
    interface Page {
        void take(List<HeldRow> rows) throws SinkException, InterruptedException;
    }

    /**
     * A row that is held.
     *
     * @param row as a JSON object; null where that was not asked for, or is not known
     */
    record HeldRow(RowKey key, @Nullable String row) {}

    /**
     * Finds the rows of a table that are held in an older version than this, or in none. Changes nothing; rows that come or go meanwhile
     * may be among them or not.
     *
     * @param withRows whether the rows themselves are wanted
     */
    void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException;
}
