package io.millrace.admin.tables;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableState;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** What people do to a registered table; capture and the workers notice within half a second. */
@Component
class TableLife {

    private static final Set<TableState> PAUSABLE = EnumSet.of(TableState.STREAMING, TableState.PAUSED);
    private static final Set<TableState> RESUMABLE =
            EnumSet.of(TableState.PAUSED, TableState.FAILED, TableState.STREAMING);

    private static final Duration TAKEN_UP_WITHIN = Duration.ofSeconds(5);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final PipelineCatalog catalog;

    TableLife(PipelineCatalog catalog) {
        this.catalog = catalog;
    }

    CapturedTable find(long id) {
        return catalog.table(id)
                .orElseThrow(() -> Problem.notFound("Table", "There is no registered table with the id " + id + "."));
    }

    /**
     * Waits until capture has taken a new table up, so that the one who registered it knows: what is committed from now on is captured
     * as changes. Returns the table as it is after a while where no capture process runs.
     */
    CapturedTable awaitTakenUp(long id) {
        long deadline = System.nanoTime() + TAKEN_UP_WITHIN.toNanos();
        CapturedTable table = find(id);
        try {
            while (table.state() == TableState.PENDING && System.nanoTime() < deadline) {
                Thread.sleep(LOOK_AGAIN.toMillis());
                table = find(id);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return table;
    }

    /** Stops delivery to every sink; changes wait in Kafka. */
    CapturedTable pause(long id, String by) {
        CapturedTable table = allowed(find(id), PAUSABLE, "paused", "Wait until it is streaming, or remove it.");
        if (table.state() == TableState.STREAMING) {
            catalog.tableState(id, TableState.PAUSED, "Paused by " + by + ".");
        }
        return find(id);
    }

    /** Goes on after a pause, or tries again after a failure. */
    CapturedTable resume(long id, String by) {
        CapturedTable table = allowed(find(id), RESUMABLE, "resumed", "Only a paused or failed table can be.");
        if (table.state() == TableState.PAUSED) {
            catalog.tableState(id, TableState.STREAMING, null);
        } else if (table.state() == TableState.FAILED) {
            boolean read = catalog.snapshot(id)
                    .filter(last -> last.state() == SnapshotState.DONE && last.filter() == null)
                    .isPresent();
            if (!read) {
                catalog.requestSnapshot(id, by);
            }
            // capture takes it up from the beginning: publication, then what is missing of the snapshot
            catalog.tableState(id, TableState.PENDING, null);
        }
        return find(id);
    }

    CapturedTable remove(long id) {
        find(id);
        catalog.tableState(id, TableState.REMOVING, null);
        return find(id);
    }

    private static CapturedTable allowed(CapturedTable table, Set<TableState> states, String what, String wayOut) {
        if (!states.contains(table.state())) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Not in this state",
                    table.table() + " is " + table.state().name().toLowerCase(Locale.ROOT) + " and cannot be " + what
                            + ". " + wayOut);
        }
        return table;
    }
}
