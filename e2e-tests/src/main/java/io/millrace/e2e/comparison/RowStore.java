package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.util.function.Consumer;

/** A place that holds a copy of a table's rows. */
public interface RowStore {

    /** The name of the sink. */
    String name();

    /**
     * Tells whether the store can tell a JSON null in a json or jsonb column from SQL's NULL. One that keeps such columns as objects
     * cannot.
     */
    default boolean keepsJsonNull() {
        return true;
    }

    /** Hands over every row that the store holds of a table, each once, in no order. */
    void rows(String source, TableId table, Consumer<StoredRow> reader);
}
