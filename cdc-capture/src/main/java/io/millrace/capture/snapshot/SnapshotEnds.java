package io.millrace.capture.snapshot;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What becomes of a snapshot and its table when all is read, and when it cannot be. Thread-safe. */
final class SnapshotEnds {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotEnds.class);
    private static final int ALL = 1000;

    private final SnapshotContext context;

    SnapshotEnds(SnapshotContext context) {
        this.context = context;
    }

    void takeUp(CapturedTable table) {
        if (Arrays.stream(context.topics().ends(table.topic())).allMatch(end -> end == 0)) {
            context.runs().of(table.id(), ALL).stream()
                    .filter(TableSnapshot::isOpen)
                    .forEach(snapshot -> context.runs().searchNothing(snapshot.id()));
        }
    }

    void finish(CapturedTable table, TableSnapshot snapshot) {
        if (context.runs().isSearched(snapshot.id())) {
            context.runs().ended(snapshot.id(), SnapshotState.DONE, null);
            LOG.info(
                    "Snapshot {} of {} is done; {} rows were found missing",
                    snapshot.id(),
                    table.table(),
                    snapshot.rowsMissing());
        }
    }

    /** A table whose first snapshot failed is not in step; one that was read before is as it was. */
    void fail(CapturedTable table, TableSnapshot snapshot, String message) {
        LOG.warn("Snapshot {} failed: {}", snapshot.id(), message);
        context.runs().ended(snapshot.id(), SnapshotState.FAILED, message);
        if (!wasRead(context.runs().of(table.id(), ALL))) {
            context.catalog()
                    .tableState(
                            table.id(),
                            TableState.FAILED,
                            message + " Mend that, then remove the table here and register it again.");
        }
    }

    void settle(CapturedTable table) {
        List<TableSnapshot> all = context.runs().of(table.id(), ALL);
        if (wasRead(all)) {
            context.catalog().tableState(table.id(), TableState.STREAMING, null);
        } else if (all.stream().noneMatch(TableSnapshot::isOpen)) {
            context.catalog()
                    .tableState(
                            table.id(),
                            TableState.STREAMING,
                            "Not all of its rows were read: rows that did not change since it was registered may be"
                                    + " missing in its sinks. Read all rows again.");
        }
    }

    private static boolean wasRead(List<TableSnapshot> snapshots) {
        return snapshots.stream()
                .anyMatch(snapshot -> snapshot.state() == SnapshotState.DONE && snapshot.filter() == null);
    }
}
