package io.millrace.sync.sink.redis;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.options.KeyTemplate;
import io.millrace.catalog.options.RedisRefill;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Memory;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Keeps each row as a JSON string or a HASH under {@code <source>:<schema>.<table>:<key>}, and its version beside it. */
final class RedisSink implements RebuildableSink, HeldState, AutoCloseable {

    private final RedisAccess redis;
    private final EntryWriter writer;
    private final Truncation truncation;
    private final EntryReturn entryReturn;
    private final Memory memory;
    private final Trust trust;
    private final TableEntries.Cache tables = new TableEntries.Cache();
    private volatile @Nullable String complaint;

    RedisSink(RedisAccess redis, RedisSinkProperties properties, Trust trust) {
        this.redis = redis;
        this.trust = trust;
        this.writer = new EntryWriter(properties.tombstoneTtl().toMillis(), properties.keysPerCall());
        this.truncation = new Truncation(writer);
        this.entryReturn = new EntryReturn(writer.tombstone());
        this.memory = new Memory(properties.tombstoneTtl(), "deleted rows", "millrace.sinks.redis.tombstone-ttl");
    }

    @Override
    public String name() {
        return "redis";
    }

    @Override
    public String purpose() {
        return "One entry for each row, kept equal to it.";
    }

    @Override
    public SinkKind kind() {
        return SinkKind.STATE;
    }

    @Override
    public Memory memory() {
        return memory;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        boolean anyIncomplete = batch.changes().stream().anyMatch(Change::isIncomplete);
        Trust.Known known = anyIncomplete ? trust.now() : Trust.Known.ANYTHING;
        return redis.with(link -> write(link, batch.changes(), Space.LIVE, known));
    }

    private List<Failure> write(Link link, List<Change> changes, Space space, Trust.Known known)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<Failure> failures = new ArrayList<>(0);
        List<Write> writes = new ArrayList<>(changes.size());
        List<Integer> truncates = new ArrayList<>(0);
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            ChangeEvent event = change.event();
            RowKey key = event.key();
            if (event.operation() == Operation.TRUNCATE) {
                truncates.add(i);
            } else if (key == null) {
                failures.add(new Failure(i, ErrorCategory.REJECTED, "The row has no key: Redis cannot hold it"));
            } else if (change.isIncomplete()
                    && known.refilled().contains(change.table().id())) {
                failures.add(new Failure(
                        i,
                        ErrorCategory.INCOMPLETE,
                        "The change lacks values, and what Redis holds of the row may be older: entries are being brought"
                                + " back"));
            } else {
                TableEntries entries = tables.of(change.table());
                if (entries.isOtherKeys(event, key)) {
                    continue;
                }
                try {
                    byte[] entry = entries.key(key);
                    writes.add(new Write(i, entries, event, entry, change.isAwaited() ? null : event.after()));
                } catch (KeyTemplate.NoSuchColumnException e) {
                    // a column was renamed: the table's matter, nobody else's
                    failures.add(new Failure(i, ErrorCategory.FATAL, e.getMessage()));
                }
            }
        }
        for (Write lacking : writer.write(link, writes, space, known.runs())) {
            failures.add(new Failure(
                    lacking.index(),
                    ErrorCategory.INCOMPLETE,
                    "The change lacks values, and Redis holds no row that surely has them"));
        }
        for (int i : truncates) {
            Change truncate = changes.get(i);
            try {
                truncation.apply(link, truncate, tables.of(truncate.table()));
            } catch (Slots.MovingException e) {
                failures.add(new Failure(i, ErrorCategory.RETRYABLE, String.valueOf(e.getMessage())));
            }
        }
        return failures;
    }

    /** Says what is wrong with Redis though it answers: shown by {@link #check}; null for nothing. */
    void complain(@Nullable String sentence) {
        complaint = sentence;
    }

    @Override
    public void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException {
        new HeldSearch(redis).find(table, version, withRows, page);
    }

    @Override
    public void check() throws SinkException {
        redis.with(link -> link.one(all -> all.ping()));
        String wrong = complaint;
        if (wrong != null) {
            throw SinkException.retryable(wrong, null);
        }
    }

    @Override
    public String plan(CapturedTable table, String asked) {
        return asked;
    }

    /** Removes what an earlier attempt may have left. */
    @Override
    public void prepare(Copy copy) throws SinkException {
        removeShadow(copy);
    }

    @Override
    public List<Failure> feed(Copy copy, List<Change> changes) throws SinkException {
        List<Failure> failures = redis.with(link -> write(link, changes, Space.SHADOW, Trust.Known.ANYTHING));
        for (Failure failure : failures) {
            if (failure.category() == ErrorCategory.FATAL || failure.category() == ErrorCategory.RETRYABLE) {
                throw new SinkException(failure.category(), failure.cause(), null);
            }
        }
        return failures;
    }

    /** Nothing to compare with: what readers see has lost entries. */
    @Override
    public Comparison compare(Copy copy, long readSince, Progress progress) {
        return Comparison.none();
    }

    @Override
    public void exchange(Copy copy) throws SinkException {
        redis.with(link -> {
            entryReturn.reveal(link, tables.of(copy.table()));
            return true;
        });
        // only now: until then readers may still know the former keys, and a refill that is given up leaves them what
        // they had
        TableEntries entries = TableEntries.unshaped(copy.table());
        for (String former : RedisRefill.of(copy.place()).formerPrefixes()) {
            redis.with(link -> {
                EntryReturn.removeFormer(link, former, entries);
                return true;
            });
        }
    }

    @Override
    public void prepareBack(Copy copy) throws SinkException {
        throw new SinkException(
                ErrorCategory.FATAL, "What Redis had before it lost entries cannot be brought back", null);
    }

    @Override
    public Comparison compareBack(Copy copy, Progress progress) throws SinkException {
        prepareBack(copy);
        return Comparison.none();
    }

    @Override
    public void exchangeBack(Copy copy) throws SinkException {
        prepareBack(copy);
    }

    @Override
    public void discard(Copy copy) throws SinkException {
        removeShadow(copy);
    }

    private void removeShadow(Copy copy) throws SinkException {
        redis.with(link -> {
            EntryReturn.removeShadow(link, tables.of(copy.table()));
            return true;
        });
    }

    @Override
    public void close() {
        redis.close();
    }
}
