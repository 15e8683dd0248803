package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import org.jspecify.annotations.Nullable;

/**
 * One row to write.
 *
 * @param index of the change in its batch
 * @param into the index that it is written to
 * @param row its columns as they came or were completed; null to delete the document, or while the row is awaited
 */
record RowWrite(
        int index,
        Change change,
        Target into,
        String id,
        @Nullable Row row) {

    static RowWrite of(int index, Change change, Target into) {
        RowKey key = change.event().key();
        if (key == null) {
            throw new IllegalArgumentException("No document without a key");
        }
        return new RowWrite(
                index,
                change,
                into,
                IndexNames.id(key),
                change.isAwaited() ? null : change.event().after());
    }

    /** Returns what the index is called. */
    String target() {
        return into.name();
    }

    long version() {
        return change.event().rowVersion();
    }

    boolean isIncomplete() {
        return change.isIncomplete();
    }

    RowWrite with(Row completed) {
        return new RowWrite(index, change, into, id, completed);
    }

    RowWrite to(Target other) {
        return new RowWrite(index, change, other, id, row);
    }
}
