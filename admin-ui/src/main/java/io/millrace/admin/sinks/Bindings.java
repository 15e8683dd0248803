package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import org.springframework.stereotype.Component;

/** Pauses and resumes the delivery of one table to one sink. */
@Component("adminBindings")
public class Bindings {

    private final PipelineCatalog catalog;

    Bindings(PipelineCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * Stops delivery; changes wait in Kafka.
     *
     * @throws Problem if there is no such binding
     */
    public SinkBinding pause(String sink, long tableId, String by) {
        return move(sink, tableId, BindingState.PAUSED, "Paused by " + by + ".");
    }

    /**
     * Goes on where delivery stopped, after a pause or a failure.
     *
     * @throws Problem if there is no such binding
     */
    public SinkBinding resume(String sink, long tableId) {
        return move(sink, tableId, BindingState.ACTIVE, null);
    }

    private SinkBinding move(
            String sink, long tableId, BindingState state, @org.jspecify.annotations.Nullable String message) {
        binding(sink, tableId);
        catalog.bindingState(tableId, sink, state, message);
        return binding(sink, tableId);
    }

    private SinkBinding binding(String sink, long tableId) {
        CapturedTable table = catalog.table(tableId)
                .orElseThrow(
                        () -> Problem.notFound("Table", "There is no registered table with the id " + tableId + "."));
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .orElseThrow(() ->
                        Problem.notFound("Binding", table.table() + " does not go to a sink named " + sink + "."));
    }
}
