package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.SourcePosition;
import io.millrace.event.TransactionInfo;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.SinkException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Knows of documents, that one index holds and another does not, whether their rows were deleted since: the first was not told yet. */
final class DeletedSince {

    private static final Row ANY = Row.of("{}");

    private final Tombstones tombstones;

    DeletedSince(Tombstones tombstones) {
        this.tombstones = tombstones;
    }

    /**
     * Returns those of which there is a newer tombstone, or which are older than when all rows were read.
     *
     * @param versions that the documents have, by id
     * @param readSince 0 if they were not
     */
    Set<String> among(CapturedTable table, Map<String, Long> versions, long readSince) throws SinkException {
        Set<String> gone = new HashSet<>();
        List<RowWrite> held = new ArrayList<>();
        versions.forEach((id, version) -> {
            gone.add(id);
            if (version >= readSince) {
                held.add(held(table, id, version));
            }
        });
        tombstones.living(held).forEach(living -> gone.remove(living.id()));
        return gone;
    }

    /** A document as the write of the next state: one that a delete of its own version left stands for itself. */
    private static RowWrite held(CapturedTable table, String id, long version) {
        long next = version + 1;
        long lsn = ChangeEvent.lsnOf(next);
        ChangeEvent event = new ChangeEvent(
                table.source(),
                table.table(),
                new SourcePosition(ChangeEvent.epochOf(next), lsn, 0),
                lsn,
                Operation.UPDATE,
                null,
                null,
                BeforeCompleteness.NONE,
                ANY,
                Set.of(),
                new TransactionInfo(null, Instant.EPOCH, null),
                Instant.EPOCH,
                table.schemaVersion());
        return new RowWrite(0, new Change(table, event), new Target(TableIndexes.alias(table), false), id, ANY);
    }
}
