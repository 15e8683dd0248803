package io.millrace.sync.deduplication;

import java.util.Collection;
import java.util.Set;

/** Where the marks of one sink's effects are kept. Thread-safe; every method throws what the platform database's silence is told by. */
interface MarkStore {

    /** Returns the ids of those that were accepted. */
    Set<String> accepted(Collection<Mark> events);

    /** Returns the ids of those that were accepted, whenever they were captured. */
    Set<String> acceptedEver(Collection<Mark> events);

    /** Marks some as accepted and claims others, in one transaction that is durable when this returns. */
    Marks.Stored store(Collection<Mark> accepted, Collection<Mark> wanted);
}
