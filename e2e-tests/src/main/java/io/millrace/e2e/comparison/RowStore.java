package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.util.function.Consumer;

/** A place that holds a copy of a table's rows. */
public interface RowStore {

    /** The name of the sink. */
    String name();

    /** Hands over every row that the store holds of a table, each once, in no order. */
    void rows(String source, TableId table, Consumer<StoredRow> reader);
}
