package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.TableState;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Pauses and resumes the delivery of one table to one sink. */
@Component("adminBindings")
public class Bindings {

    private static final Logger log = LoggerFactory.getLogger(Bindings.class);

    private final PipelineCatalog catalog;
    private final Rewinds rewinds;
    private final TopicGaps gaps;
    private final TransactionTemplate transaction;

    Bindings(PipelineCatalog catalog, Rewinds rewinds, TopicGaps gaps, PlatformTransactionManager transactions) {
        this.catalog = catalog;
        this.rewinds = rewinds;
        this.gaps = gaps;
        this.transaction = new TransactionTemplate(transactions);
    }

    /** A binding after it was resumed, and what else was begun for it, in a sentence. */
    public record Resumed(SinkBinding binding, String said) {}

    /**
     * Stops delivery; changes wait in Kafka.
     *
     * @throws Problem if there is no such binding
     */
    public SinkBinding pause(String sink, long tableId, String by) {
        return move(sink, tableId, BindingState.PAUSED, "Paused by " + by + ".");
    }

    /**
     * Goes on where delivery stopped, after a pause or a failure. Where retention deleted what comes next, it goes on with the oldest
     * record there is, and a new snapshot is asked for.
     *
     * @throws Problem if there is no such binding, the table cannot be read again now, or somebody else was first
     */
    public Resumed resume(String sink, long tableId, String by) {
        CapturedTable table = table(sink, tableId);
        if (binding(sink, table).state() == BindingState.FAILED) {
            TopicGaps.Look look = gaps.look(sink, table);
            if (!look.isWhole()) {
                return resumeBehindGaps(sink, table, look, by);
            }
        }
        return new Resumed(
                move(sink, tableId, BindingState.ACTIVE, null), "Delivery to " + sink + " goes on where it stopped.");
    }

    /** All or nothing: once the sink was moved over a gap, nobody sees that there was one, and that rows are to be read again. */
    private Resumed resumeBehindGaps(String sink, CapturedTable table, TopicGaps.Look look, String by) {
        if (table.state() != TableState.STREAMING && table.state() != TableState.SNAPSHOTTING) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "The table cannot be read again now",
                    "Changes that " + sink
                            + " did not have were deleted in Kafka, so the table must be read again. Resume the table"
                            + " first, then this.");
        }
        boolean reopened = Boolean.TRUE.equals(transaction.execute(status -> {
            // whoever comes second would take a sink that is delivering again back to what was seen before
            if (!catalog.reopenBinding(table.id(), sink)) {
                return false;
            }
            gaps.pass(sink, look);
            catalog.readAnew(table.id(), by);
            return true;
        }));
        if (!reopened) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Somebody else was first",
                    "Delivery of " + table.table() + " to " + sink
                            + " was resumed, paused or removed by somebody else at this moment: look how it stands now.");
        }
        log.warn("{} passes records that are gone from {}, as {} decided: {}", sink, table.topic(), by, look);
        return new Resumed(
                binding(sink, table(sink, table.id())),
                "Delivery to " + sink
                        + " goes on with the oldest change that Kafka still has, and all rows are being read again."
                        + " The changes in between are lost to it; rows deleted in that time are found missing once all are read.");
    }

    /**
     * Has a table's changes delivered again.
     *
     * @throws Problem if there is no such binding, or nothing to deliver again
     */
    List<Rewinds.Moved> rewind(String sink, long tableId, RewindTarget target, String by) {
        return rewinds.rewind(sink, table(sink, tableId), target, by);
    }

    /**
     * Returns a table that goes to a sink.
     *
     * @throws Problem if there is no such table, or it does not go there
     */
    CapturedTable table(String sink, long tableId) {
        CapturedTable table = catalog.table(tableId)
                .orElseThrow(
                        () -> Problem.notFound("Table", "There is no registered table with the id " + tableId + "."));
        binding(sink, table);
        return table;
    }

    SinkBinding binding(String sink, CapturedTable table) {
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .orElseThrow(() ->
                        Problem.notFound("Binding", table.table() + " does not go to a sink named " + sink + "."));
    }

    private SinkBinding move(String sink, long tableId, BindingState state, @Nullable String message) {
        table(sink, tableId);
        catalog.bindingState(tableId, sink, state, message);
        return binding(sink, table(sink, tableId));
    }
}
