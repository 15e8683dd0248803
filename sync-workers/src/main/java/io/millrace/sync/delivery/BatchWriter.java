package io.millrace.sync.delivery;

import java.util.List;

/** Gives the batches of one poll to a sink, in the way of its kind. */
interface BatchWriter {

    Outcome write(List<PartitionBatch> batches);

    /** From now on nothing more is begun, or again; what is on its way is waited for. For writes that take long. */
    default void halt(boolean on) {}
}
