package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadPublisher;
import io.millrace.capture.publish.StreamListener;
import io.millrace.capture.publish.TableTopic;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.RowKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * The chunks that are being read, by table: the stream tells them what it does to their table meanwhile, and publishes each where it
 * meets its high watermark. Rows that the stream cannot tell whole are asked for here. Opened and closed by the threads that read;
 * followed by the publishing thread.
 */
final class Windows implements StreamListener {

    private final Rereads rereads;
    private final Runnable asked;
    private final Map<Long, List<Chunk>> open = new ConcurrentHashMap<>();
    private final Map<Long, List<Doubt>> lacking = new HashMap<>();

    /** @param asked run after rows were asked for */
    Windows(Rereads rereads, Runnable asked) {
        this.rereads = rereads;
        this.asked = asked;
    }

    void open(long table, Chunk chunk) {
        open.merge(table, List.of(chunk), (some, more) -> Stream.concat(some.stream(), more.stream())
                .toList());
    }

    void close(long table, Chunk chunk) {
        open.computeIfPresent(table, (id, some) -> {
            List<Chunk> left = some.stream().filter(one -> one != chunk).toList();
            return left.isEmpty() ? null : left;
        });
    }

    @Override
    public void message(ReadPublisher publisher, long lsn, String prefix, byte[] content) {
        if (prefix.equals(Watermarks.HIGH)) {
            String id = new String(content, StandardCharsets.UTF_8);
            // a watermark of an earlier run finds no chunk
            for (List<Chunk> chunks : open.values()) {
                for (Chunk chunk : chunks) {
                    if (chunk.id().equals(id)) {
                        chunk.publish(publisher);
                    }
                }
            }
        }
    }

    @Override
    public void changed(TableTopic table, byte[] key, boolean complete) {
        // rows without a key are nobody's successors
        if (!open.isEmpty() && key.length > 0) {
            open.getOrDefault(table.id(), List.of()).forEach(chunk -> chunk.touch(key, complete));
        }
    }

    @Override
    public void lacking(TableTopic table, byte[] key) {
        lacking.computeIfAbsent(table.id(), id -> new ArrayList<>())
                .add(Doubt.of(new RowKey(new String(key, StandardCharsets.UTF_8))));
    }

    /** Stored before the slot can pass the change, so that a kill forgets none; a platform database that is away ends the run. */
    @Override
    public void beforeProgress() {
        if (!lacking.isEmpty()) {
            lacking.forEach((table, rows) -> rereads.request(table, rows, null, "capture"));
            lacking.clear();
            asked.run();
        }
    }

    @Override
    public void truncated(TableTopic table) {
        open.getOrDefault(table.id(), List.of()).forEach(Chunk::truncate);
    }
}
