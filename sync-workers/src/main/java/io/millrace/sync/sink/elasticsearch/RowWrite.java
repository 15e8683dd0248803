package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import org.jspecify.annotations.Nullable;

/**
 * One row to write.
 *
 * @param index of the change in its batch
 * @param row its columns as they came or were completed; null to delete the document, or while the row is awaited
 */
record RowWrite(
        int index,
        Change change,
        String alias,
        String id,
        @Nullable Row row) {

    static RowWrite of(int index, Change change) {
        RowKey key = change.event().key();
        if (key == null) {
            throw new IllegalArgumentException("No document without a key");
        }
        return new RowWrite(
                index,
                change,
                IndexNames.alias(change.table().source(), change.table().table()),
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
        return new RowWrite(index, change, alias, id, completed);
    }
}
