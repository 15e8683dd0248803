package io.millrace.sync.sink.redis;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One entry to write. */
final class Write {

    private final int index;
    private final TableEntries entries;
    private final ChangeEvent event;
    private final byte[] key;
    private final @Nullable Row row;

    /**
     * Says what to write.
     *
     * @param index of the change in its batch
     * @param key as readers know it
     * @param row null to delete it
     */
    Write(int index, TableEntries entries, ChangeEvent event, byte[] key, @Nullable Row row) {
        this.index = index;
        this.entries = entries;
        this.event = event;
        this.key = key;
        this.row = row;
    }

    int index() {
        return index;
    }

    TableEntries entries() {
        return entries;
    }

    ChangeEvent event() {
        return event;
    }

    byte[] key() {
        return key;
    }

    @Nullable
    Row row() {
        return row;
    }

    /** Tells whether the time that the entry is there has passed already. */
    boolean isOver(Instant now) {
        return remainingMillis(now) < 0;
    }

    /** Tells whether PostgreSQL did not send all of it. */
    boolean isIncomplete() {
        return row != null && !event.unavailable().isEmpty();
    }

    Write with(Row completed) {
        return new Write(index, entries, event, key, completed);
    }

    /**
     * Returns how long the entry is there, in milliseconds from now, by the time of its change: the same whenever it is written. 0 for
     * ever, negative if its time is over.
     */
    long remainingMillis(Instant now) {
        Duration timeToLive = entries.options().timeToLive();
        if (timeToLive == null) {
            return 0;
        }
        long left = Duration.between(now, event.transaction().committedAt().plus(timeToLive))
                .toMillis();
        return left == 0 ? -1 : left;
    }
}
