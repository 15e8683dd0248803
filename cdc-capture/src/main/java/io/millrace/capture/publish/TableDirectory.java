package io.millrace.capture.publish;

import io.millrace.capture.wal.Relation;
import org.jspecify.annotations.Nullable;

/** Knows which tables are captured, and how their rows are written. Asked on the publishing thread, when a table is described. */
public interface TableDirectory {

    /**
     * Returns how a table that the stream describes is published; null where it is not captured.
     *
     * @param lsn from where the description holds
     */
    @Nullable
    Published describe(Relation relation, long lsn);
}
