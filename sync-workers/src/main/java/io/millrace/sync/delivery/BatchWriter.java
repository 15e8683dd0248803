package io.millrace.sync.delivery;

import java.util.List;

/** Gives the batches of one poll to a sink, in the way of its kind. */
interface BatchWriter {

    Outcome write(List<PartitionBatch> batches);
}
