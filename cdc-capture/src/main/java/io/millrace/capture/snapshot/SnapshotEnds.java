package io.millrace.capture.snapshot;

import io.millrace.catalog.AlertName;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

    /** A table whose rows were to be read and cannot be is not in step; one that some rows could not be chosen of is as it was. */
    void fail(CapturedTable table, TableSnapshot snapshot, String message) {
        LOG.warn("Snapshot {} failed: {}", snapshot.id(), message);
        context.runs().ended(snapshot.id(), SnapshotState.FAILED, message);
        context.runs().find(snapshot.id()).ifPresent(ended -> failed(table, ended));
    }

    private void failed(CapturedTable table, TableSnapshot snapshot) {
        if (snapshot.state() == SnapshotState.FAILED && snapshot.filter() == null) {
            context.catalog()
                    .tableFailed(
                            table,
                            AlertName.TABLE_FAILED,
                            Objects.requireNonNullElse(snapshot.message(), "Its rows could not be read."),
                            "Mend that, then resume the table: all its rows are then read again.");
        }
    }

    void settle(CapturedTable table) {
        List<TableSnapshot> all = context.runs().of(table.id(), ALL);
        Optional<TableSnapshot> newest =
                all.stream().filter(snapshot -> snapshot.filter() == null).findFirst();
        if (wasRead(all)) {
            context.catalog().tableState(table.id(), TableState.STREAMING, null);
        } else if (newest.isPresent() && newest.get().state() == SnapshotState.FAILED) {
            failed(table, newest.get());
        } else if (all.stream().noneMatch(TableSnapshot::isOpen)) {
            context.catalog()
                    .tableState(
                            table.id(),
                            TableState.STREAMING,
                            "Not all of its rows were read: rows that did not change since it was registered may be"
                                    + " missing in its sinks. Read all rows again.");
        }
    }

    /** The last reading of all rows counts that neither a person gave up nor one has stopped. */
    private static boolean wasRead(List<TableSnapshot> newestFirst) {
        return newestFirst.stream()
                .filter(snapshot -> snapshot.filter() == null)
                .map(TableSnapshot::state)
                .filter(state -> state == SnapshotState.DONE || state == SnapshotState.FAILED)
                .findFirst()
                .filter(state -> state == SnapshotState.DONE)
                .isPresent();
    }
}
