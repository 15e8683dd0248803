package io.millrace.sync.delivery;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.RowKey;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** What is done with what a sink cannot take: dead letters for records, FAILED for bindings. Neither is ever skipped over. */
final class Faults {

    private static final Logger log = LoggerFactory.getLogger(Faults.class);

    private final String sink;
    private final PipelineCatalog catalog;
    private final DeadLetters deadLetters;
    private final Rereads rereads;
    private final DeliveryMetrics metrics;

    Faults(String sink, PipelineCatalog catalog, DeadLetters deadLetters, Rereads rereads, DeliveryMetrics metrics) {
        this.sink = sink;
        this.catalog = catalog;
        this.deadLetters = deadLetters;
        this.rereads = rereads;
        this.metrics = metrics;
    }

    /** Keeps what is no event; false if that failed and the partition is held back. */
    boolean malformed(PartitionBatch batch, Outcome outcome) {
        return batch.malformed().isEmpty() || keep(batch.malformed(), outcome, batch);
    }

    /** Keeps a rejected record; false if that failed and its partition is held back. */
    boolean rejected(Received received, String cause, Outcome outcome) {
        try {
            deadLetters.keep(sink, List.of(received.rejected(cause)));
            metrics.deadLetters(1);
            log.warn(
                    "{} rejected offset {} of {}, now a dead letter: {}",
                    sink,
                    received.record().offset(),
                    received.partition(),
                    cause);
            return true;
        } catch (RuntimeException e) {
            outcome.holdBack(received.partition(), cannotKeep(e));
            return false;
        }
    }

    private boolean keep(List<DeadLetter> letters, Outcome outcome, PartitionBatch batch) {
        try {
            deadLetters.keep(sink, letters);
            metrics.deadLetters(letters.size());
            return true;
        } catch (RuntimeException e) {
            outcome.holdBack(batch.partition(), cannotKeep(e));
            return false;
        }
    }

    private static String cannotKeep(RuntimeException e) {
        return "A rejected record cannot be kept as a dead letter: " + e.getMessage();
    }

    /** Asks capture for rows that a change alone does not tell; not passed before the request is stored. */
    void incomplete(List<Received> lacking, Outcome outcome) {
        Map<Long, List<Doubt>> rows = new HashMap<>();
        for (Received received : lacking) {
            RowKey key = received.event().key();
            if (key != null) {
                rows.computeIfAbsent(received.change().table().id(), id -> new ArrayList<>())
                        .add(Doubt.of(key));
            }
        }
        try {
            rows.forEach((table, doubts) -> rereads.request(table, doubts, null, sink));
        } catch (DataAccessException e) {
            String reason = "Rows that must be read again cannot be asked for: " + e.getMessage();
            lacking.forEach(received -> outcome.holdBack(received.partition(), reason));
        }
    }

    void fatal(PartitionBatch batch, String message, Outcome outcome) {
        outcome.holdBack(batch.partition(), message);
        fail(batch.route().table(), message);
    }

    /** Stops a table's way to this sink; the partitions of these changes are held back. */
    void fatal(CapturedTable table, String message, List<Received> changes, Outcome outcome) {
        changes.forEach(received -> outcome.holdBack(received.partition(), message));
        fail(table, message);
    }

    private void fail(CapturedTable table, String message) {
        log.error("{} cannot take {} of {}: {}", sink, table.table(), table.source(), message);
        try {
            catalog.bindingState(table.id(), sink, BindingState.FAILED, message);
        } catch (RuntimeException e) {
            // the partitions are held back; at the next attempt it is said again
            log.warn("The binding of {} to {} could not be noted as FAILED: {}", table.table(), sink, e.getMessage());
        }
    }
}
