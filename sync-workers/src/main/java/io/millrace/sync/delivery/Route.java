package io.millrace.sync.delivery;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.TableState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A topic's way to one sink, as the catalog has it. */
record Route(CapturedTable table, SinkBinding binding) {

    /** Tells whether changes may be delivered, as far as people and faults have not stopped it. */
    boolean open() {
        return table.state() != TableState.PAUSED && binding.state() == BindingState.ACTIVE;
    }

    /** Returns a sink's routes by topic. A table that capture has not taken up yet has no topic. */
    static Map<String, Route> of(String sink, List<CapturedTable> tables) {
        Map<String, Route> routes = new HashMap<>();
        for (CapturedTable table : tables) {
            for (SinkBinding binding : table.sinks()) {
                if (binding.sink().equals(sink) && table.state() != TableState.PENDING) {
                    routes.put(table.topic(), new Route(table, binding));
                }
            }
        }
        return Map.copyOf(routes);
    }
}
