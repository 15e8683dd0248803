package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import org.jspecify.annotations.Nullable;

/**
 * One row to write.
 *
 * @param index of the change in its batch
 * @param target what the index is called that it is written to
 * @param row its columns as they came or were completed; null to delete the document, or while the row is awaited
 */
record RowWrite(
        int index,
        Change change,
        String target,
        String id,
        @Nullable Row row) {

    static RowWrite of(int index, Change change, String target) {
        RowKey key = change.event().key();
        if (key == null) {
            throw new IllegalArgumentException("No document without a key");
        }
        return new RowWrite(
                index,
                change,
                target,
                IndexNames.id(key),
                change.isAwaited() ? null : change.event().after());
    }

    long version() {
        return change.event().rowVersion();
    }

    boolean isIncomplete() {
        return change.isIncomplete();
    }

    RowWrite with(Row completed) {
        return new RowWrite(index, change, target, id, completed);
    }

    RowWrite to(String other) {
        return new RowWrite(index, change, other, id, row);
    }
}
