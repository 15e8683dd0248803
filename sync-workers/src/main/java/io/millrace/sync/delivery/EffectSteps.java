package io.millrace.sync.delivery;

import io.millrace.event.Operation;
import java.util.ArrayList;
import java.util.List;

/** Splits the changes of partitions at their truncates, which come alone; the n-th parts of all partitions are one step. */
final class EffectSteps {

    private final List<List<Received>> steps = new ArrayList<>();

    /** @param discarded is left out */
    void add(PartitionBatch batch, Faults.Discarded discarded) {
        int step = 0;
        boolean open = false;
        for (Received received : batch.received()) {
            if (!LogWriter.counts(received) || discarded.contains(received)) {
                continue;
            }
            boolean truncate = received.event().operation() == Operation.TRUNCATE;
            if (truncate && open) {
                step++;
            }
            while (steps.size() <= step) {
                steps.add(new ArrayList<>());
            }
            steps.get(step).add(received);
            open = !truncate;
            if (truncate) {
                step++;
            }
        }
    }

    /** Returns the steps in their order. */
    List<List<Received>> all() {
        return steps;
    }
}
