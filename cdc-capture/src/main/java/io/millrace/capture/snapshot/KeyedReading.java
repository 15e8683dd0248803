package io.millrace.capture.snapshot;

import io.millrace.capture.publish.RowShape;
import io.millrace.capture.value.JsonBytes;
import io.millrace.capture.wal.Tuple;
import io.millrace.event.RowKey;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Reads a table with a key in the key's order, chunk by chunk, from behind a key to what was the highest at the beginning. */
final class KeyedReading {

    private static final int KEYS_AT_A_TIME = 500;

    private final ChunkReading chunks;
    private final int chunkRows;
    private final BooleanSupplier cancelled;
    private final SnapshotProgress progress;
    private final Set<String> again = new LinkedHashSet<>();

    KeyedReading(ChunkReading chunks, int chunkRows, BooleanSupplier cancelled, SnapshotProgress progress) {
        this.chunks = chunks;
        this.chunkRows = chunkRows;
        this.cancelled = cancelled;
        this.progress = progress;
    }

    void read(@Nullable RowKey last) throws SQLException, InterruptedException {
        TableDescription.Described first = chunks.describe();
        List<Tuple> highest = new RowReader(first.table()).highest(chunks.connection());
        if (!highest.isEmpty()) {
            read(last, key(first.published().shape(), highest.get(0)));
            readAgain();
        }
    }

    private void read(@Nullable RowKey from, RowKey end) throws SQLException, InterruptedException {
        RowKey last = from;
        boolean more = true;
        while (more && !cancelled.getAsBoolean()) {
            RowKey behind = last;
            ChunkReading.Read read = chunks.read(
                    table -> new RowReader(table.table()).behind(chunks.connection(), behind, end, chunkRows));
            again.addAll(read.outcome().again());
            more = !read.rows().isEmpty();
            if (more) {
                last = key(
                        read.table().published().shape(),
                        read.rows().get(read.rows().size() - 1));
                progress.chunk(read.rows().size(), read.outcome().published(), last.json());
            }
        }
    }

    private void readAgain() throws SQLException, InterruptedException {
        while (!again.isEmpty() && !cancelled.getAsBoolean()) {
            List<String> keys = again.stream().limit(KEYS_AT_A_TIME).toList();
            keys.forEach(again::remove);
            List<RowKey> rows = keys.stream().map(RowKey::new).toList();
            ChunkReading.Read read = chunks.read(table -> new RowReader(table.table()).at(chunks.connection(), rows));
            again.addAll(read.outcome().again());
            progress.chunk(read.rows().size(), read.outcome().published(), null);
        }
    }

    private static RowKey key(RowShape shape, Tuple row) {
        JsonBytes text = new JsonBytes();
        shape.key(row, null, text);
        return new RowKey(text.toString());
    }
}
