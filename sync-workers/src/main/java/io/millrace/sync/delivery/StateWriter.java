package io.millrace.sync.delivery;

import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.util.ArrayList;
import java.util.List;

/** Writes coalesced states. What fails is known by item, or found by halving. */
final class StateWriter implements BatchWriter {

    private final Sink sink;
    private final Faults faults;

    StateWriter(Sink sink, Faults faults) {
        this.sink = sink;
        this.faults = faults;
    }

    @Override
    public Outcome write(List<PartitionBatch> batches) {
        Outcome outcome = new Outcome();
        batches.forEach(batch -> faults.malformed(batch, outcome));
        List<Received> all = new ArrayList<>();
        batches.forEach(batch -> all.addAll(batch.received()));
        write(Coalescer.coalesce(all), outcome);
        return outcome;
    }

    private void write(List<Received> part, Outcome outcome) {
        if (part.isEmpty() || outcome.stopped()) {
            return;
        }
        try {
            List<Received> lacking = new ArrayList<>(0);
            List<Failure> failures =
                    sink.write(SinkBatch.of(part.stream().map(Received::change).toList()));
            for (Failure failure : failures) {
                Received received = part.get(failure.index());
                switch (failure.category()) {
                    case RETRYABLE -> outcome.holdBack(received.partition(), failure.cause());
                    case REJECTED -> faults.rejected(received, failure.cause(), outcome);
                    case INCOMPLETE -> lacking.add(received);
                    case FATAL -> faults.fatal(received.change().table(), failure.cause(), List.of(received), outcome);
                }
            }
            faults.incomplete(lacking, outcome);
        } catch (SinkException e) {
            String said = String.valueOf(e.getMessage());
            switch (e.category()) {
                case RETRYABLE, INCOMPLETE -> outcome.sinkDown(said);
                case REJECTED -> {
                    if (part.size() == 1) {
                        faults.rejected(part.get(0), said, outcome);
                    } else {
                        halves(part, outcome);
                    }
                }
                case FATAL -> {
                    if (oneTable(part)) {
                        faults.fatal(part.get(0).change().table(), said, part, outcome);
                    } else {
                        halves(part, outcome);
                    }
                }
            }
        }
    }

    private void halves(List<Received> part, Outcome outcome) {
        int middle = part.size() / 2;
        write(part.subList(0, middle), outcome);
        write(part.subList(middle, part.size()), outcome);
    }

    private static boolean oneTable(List<Received> part) {
        return part.stream()
                        .map(received -> received.change().table().id())
                        .distinct()
                        .count()
                == 1;
    }
}
