package io.millrace.sync.delivery;

import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.RowKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.dao.DataAccessException;

/**
 * What is done with changes of states that lack values which the sink cannot give: capture is asked for the rows, and its answers come
 * through the topic like any read.
 */
final class IncompleteRows {

    private final String sink;
    private final Rereads rereads;

    IncompleteRows(String sink, Rereads rereads) {
        this.sink = sink;
        this.rereads = rereads;
    }

    /** Asks for the rows of these changes; their partitions are held back where the requests could not be stored. */
    void ask(List<Received> lacking, Outcome outcome) {
        try {
            ask(lacking);
        } catch (DataAccessException e) {
            String reason = "Rows that must be read again cannot be asked for: " + e.getMessage();
            lacking.forEach(received -> outcome.holdBack(received.partition(), reason));
        }
    }

    /** @throws DataAccessException if the requests could not be stored */
    void ask(List<Received> lacking) {
        Map<Long, List<Doubt>> rows = new HashMap<>();
        for (Received received : lacking) {
            RowKey key = received.event().key();
            if (key != null) {
                rows.computeIfAbsent(received.change().table().id(), id -> new ArrayList<>())
                        .add(Doubt.of(key));
            }
        }
        rows.forEach((table, doubts) -> rereads.request(table, doubts, null, sink));
    }
}
