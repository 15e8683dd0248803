package io.millrace.sync.sink;

import org.jspecify.annotations.Nullable;

/** Tells what sinks remember, also where that is not kept by them. */
public interface Memories {

    /**
     * Returns how far back a sink may be rewound now; null for as far as Kafka holds changes. May ask the platform database.
     *
     * @throws org.springframework.dao.DataAccessException if that does not answer
     */
    @Nullable
    Memory of(Sink sink);
}
