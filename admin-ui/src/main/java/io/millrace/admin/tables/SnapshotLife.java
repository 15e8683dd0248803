package io.millrace.admin.tables;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRelations;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.RowFilter;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.event.TableId;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** What people do to the snapshots of a table; capture notices with its next chunk. */
@Component
class SnapshotLife {

    private static final Set<TableState> READABLE = EnumSet.of(TableState.STREAMING, TableState.SNAPSHOTTING);

    private static final int LOOKED_AT = 100;

    private final PipelineCatalog catalog;
    private final SnapshotRuns runs;
    private final TableLife tables;

    SnapshotLife(PipelineCatalog catalog, SnapshotRuns runs, TableLife tables) {
        this.catalog = catalog;
        this.runs = runs;
        this.tables = tables;
    }

    /**
     * Asks for a snapshot.
     *
     * @param filter an SQL condition on the rows; null or blank for all
     * @throws Problem if the table or the filter does not allow it, or the same one is paused
     */
    TableSnapshot request(long tableId, @Nullable String filter, String by) {
        CapturedTable table = tables.find(tableId);
        if (!READABLE.contains(table.state())) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Not in this state",
                    table.table() + " is " + table.state().name().toLowerCase(Locale.ROOT)
                            + " and cannot be read again. Resume it first, or wait until capture has taken it up.");
        }
        String condition = filter == null || filter.isBlank() ? null : filter.strip();
        if (condition != null) {
            check(table, condition);
        }
        TableSnapshot snapshot = runs.request(tableId, condition, by);
        if (snapshot.state() == SnapshotState.PAUSED) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "It is paused",
                    "The snapshot " + snapshot.id() + " of these rows is paused after " + snapshot.rowsDone()
                            + " of them. Resume it, or cancel it to have them read from the beginning.");
        }
        return snapshot;
    }

    private void check(CapturedTable table, String filter) {
        Source source = catalog.source(table.source()).orElseThrow();
        try {
            RowFilter.check(source, presentName(table), filter);
        } catch (RowFilter.Refused e) {
            throw new Problem(
                    HttpStatus.UNPROCESSABLE_CONTENT, "The filter is not taken", String.valueOf(e.getMessage()));
        }
    }

    /** Where it was renamed at the source, it is read by the name that it has there now. */
    private TableId presentName(CapturedTable table) {
        return catalog.relations()
                .find(table.id())
                .map(TableRelations.Relation::renamedTo)
                .orElse(table.table());
    }

    List<TableSnapshot> list(long tableId, int limit) {
        return runs.of(tables.find(tableId).id(), limit);
    }

    /** Returns the snapshot of a table that there is most to say of: one that runs, else one that is paused, else the last one. */
    Optional<TableSnapshot> current(long tableId) {
        List<TableSnapshot> all = runs.of(tableId, LOOKED_AT);
        return all.stream()
                .filter(TableSnapshot::isOpen)
                .min(Comparator.comparing((TableSnapshot open) -> open.state() == SnapshotState.PAUSED)
                        .thenComparing(TableSnapshot::id))
                .or(() -> all.stream().findFirst());
    }

    TableSnapshot find(long tableId, long id) {
        return runs.find(id)
                .filter(snapshot -> snapshot.tableId() == tableId)
                .orElseThrow(() -> Problem.notFound(
                        "Snapshot", "The table " + tableId + " has no snapshot with the id " + id + "."));
    }

    TableSnapshot pause(long tableId, long id, String by) {
        find(tableId, id);
        return moved(tableId, id, runs.pause(id, "Paused by " + by + "."), "paused");
    }

    TableSnapshot resume(long tableId, long id) {
        find(tableId, id);
        return moved(tableId, id, runs.resume(id), "resumed");
    }

    TableSnapshot cancel(long tableId, long id, String by) {
        find(tableId, id);
        return moved(tableId, id, runs.cancel(id, "Cancelled by " + by + "."), "cancelled");
    }

    private TableSnapshot moved(long tableId, long id, boolean moved, String what) {
        TableSnapshot snapshot = find(tableId, id);
        if (!moved) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Not in this state",
                    "The snapshot " + id + " is " + snapshot.state().name().toLowerCase(Locale.ROOT) + " and cannot be "
                            + what + ".");
        }
        return snapshot;
    }
}
