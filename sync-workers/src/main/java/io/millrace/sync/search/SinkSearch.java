package io.millrace.sync.search;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableSchema;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.catalog.snapshot.SnapshotRuns.Search;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Searches one sink. A row that it holds in a version from before the snapshot's beginning was not found by the snapshot, or was rejected
 * since; whether it is gone only the source can tell, so capture is asked, and a delete comes back through the topic like any other. To
 * ask for a row that is there does no harm.
 */
final class SinkSearch {

    private static final Logger log = LoggerFactory.getLogger(SinkSearch.class);
    /** So many questions may be open; the search waits for capture then. */
    private static final long MOST_OPEN = 20_000;

    private final Sink sink;
    private final PipelineCatalog catalog;
    private final SnapshotRuns runs;
    private final Rereads rereads;

    SinkSearch(Sink sink, PipelineCatalog catalog, SnapshotRuns runs, Rereads rereads) {
        this.sink = sink;
        this.catalog = catalog;
        this.runs = runs;
        this.rereads = rereads;
    }

    void look() {
        try {
            for (Search search : runs.claim(sink.name())) {
                CapturedTable table = catalog.table(search.tableId()).orElse(null);
                if (table != null) {
                    search(search, table);
                }
            }
        } catch (SinkException | RuntimeException e) {
            log.warn("The search of {} broke off and begins again in half a minute: {}", sink.name(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable e) {
            // thrown out of here it would end the searches for good
            log.error("The search of {} failed and begins again in half a minute", sink.name(), e);
        }
    }

    private void search(Search search, CapturedTable table) throws SinkException, InterruptedException {
        long[] suspects = {0};
        if (sink instanceof HeldState held && table.hasKey()) {
            boolean withRows = search.filter() != null && !isShaped(table);
            HeldState.Page page = rows -> {
                suspects[0] += rows.size();
                rereads.request(
                        table.id(),
                        rows.stream()
                                .map(row -> new Doubt(row.key(), row.row()))
                                .toList(),
                        search.snapshotId(),
                        sink.name());
                awaitCapture(search, suspects[0]);
            };
            held.olderThan(table, search.startVersion(), withRows, page);
            for (CapturedTable former : underFormerKeys(table)) {
                held.olderThan(former, search.startVersion(), withRows, page);
            }
        }
        runs.searched(search, suspects[0]);
        log.info(
                "Searched {} after snapshot {} of {}: {} rows in doubt",
                sink.name(),
                search.snapshotId(),
                table.table(),
                suspects[0]);
    }

    /**
     * Returns the table as it was while its key had another number of columns: what is held under such a key is no row of the present
     * key's, and only a search by the former one finds it. Under a key of as many columns it reads like the present key's, and is found as
     * that.
     */
    private List<CapturedTable> underFormerKeys(CapturedTable table) {
        Map<List<String>, CapturedTable> former = new LinkedHashMap<>();
        for (TableSchema version : catalog.schemas(table.id())) {
            int columns = version.keyColumns().size();
            if (columns > 0 && columns != table.keyColumns().size()) {
                former.put(version.keyColumns(), table.as(version));
            }
        }
        return List.copyOf(former.values());
    }

    /** A shaped row is not the source's: the snapshot's filter cannot be asked of it, so capture reads every row in doubt. */
    private boolean isShaped(CapturedTable table) {
        return table.sinks().stream()
                .anyMatch(binding -> binding.sink().equals(sink.name()) && binding.shaping() != null);
    }

    private void awaitCapture(Search search, long suspects) throws SinkException, InterruptedException {
        do {
            if (!runs.holdClaim(search, suspects)) {
                throw SinkException.retryable("The snapshot " + search.snapshotId() + " was given up", null);
            }
            if (rereads.open(search.tableId()) <= MOST_OPEN) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(200);
        } while (true);
    }
}
