package io.millrace.capture.publish;

import io.millrace.capture.publish.EnvelopeWriter.Image;
import io.millrace.capture.publish.EnvelopeWriter.Origin;
import io.millrace.capture.wal.Relation;
import io.millrace.capture.wal.Tuple;
import io.millrace.capture.wal.WalHandler;
import io.millrace.event.EventHeaders;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * Publishes what the stream brings, in its order. Everything runs on the engine's thread.
 *
 * <p>Changes that a partition holds already, because the slot sent them before a restart, are counted but not sent: ordinals stay the
 * same.
 */
public final class StreamPublisher implements WalHandler {

    /** Prefix of messages that a barrier waits behind. */
    private static final String OWN_PREFIX = "millrace.";

    private static final String ACTOR = "millrace.actor";

    private final RecordSender sender;
    private final TableDirectory directory;
    private final StreamListener listener;
    private final BiConsumer<String, byte[]> messages;
    private final EnvelopeWriter writer;
    private final StreamProgress progress;
    private final ReadPublisher reads;
    private final OpenTransaction transaction;
    private final Map<Integer, Published> relations = new HashMap<>();

    /**
     * @param messages told the prefix and the content of each message of Millrace's own, on the engine's thread
     * @param resumed how far capture was when it started
     * @param version of Millrace, for the envelope
     */
    public StreamPublisher(
            RecordSender sender,
            TableDirectory directory,
            StreamListener listener,
            BiConsumer<String, byte[]> messages,
            StreamStart resumed,
            String version,
            Clock clock) {
        this.sender = sender;
        this.directory = directory;
        this.listener = listener;
        this.messages = messages;
        this.writer = new EnvelopeWriter(resumed.source(), resumed.database(), version, clock);
        this.progress = new StreamProgress(sender, resumed);
        this.reads = new ReadPublisher(sender, progress);
        this.transaction = new OpenTransaction(resumed.epoch());
    }

    /** How far capture was when it started. */
    public record StreamStart(
            String source,
            String database,
            int epoch,
            @Nullable SourcePosition position,
            long endLsn,
            @Nullable Instant committedAt,
            long events) {}

    @Override
    public void begin(long commit, long micros, long id) {
        transaction.begin(commit, micros, id);
        progress.began();
    }

    @Override
    public void commit(long commit, long end, long micros) {
        progress.committed(transaction.last(), end, micros);
    }

    @Override
    public void caughtUp(long lsn) {
        progress.caughtUp(lsn);
    }

    @Override
    public void relation(Relation relation) {
        Published table = directory.describe(relation, transaction.commitLsn());
        if (table == null) {
            relations.remove(relation.id());
        } else {
            relations.put(relation.id(), table);
        }
    }

    @Override
    public void insert(int relation, long lsn, Tuple row) {
        Published table = relations.get(relation);
        if (table != null) {
            change(table, Operation.CREATE, lsn, row, null, null, new Image(row, null, false));
        }
        transaction.next();
    }

    @Override
    public void update(int relation, long lsn, char identity, Tuple before, Tuple after) {
        Published table = relations.get(relation);
        if (table == null) {
            transaction.next();
            return;
        }
        Tuple older = identity == 'O' ? before : null;
        Image old = identity == 0 ? null : new Image(before, null, identity == 'K');
        if (identity != 0 && table.shape().hasKey() && !table.shape().sameKey(before, after)) {
            change(table, Operation.DELETE, lsn, before, null, old, null);
            transaction.next();
            change(table, Operation.CREATE, lsn, after, before, null, new Image(after, older, false));
            if (table.shape().isIncomplete(after, older)) {
                // nobody can know the value under the new key, and nothing will send it
                listener.lacking(table.topic(), writer.key(table.shape(), after, before));
            }
        } else {
            Tuple keyed = identity == 0 ? null : before;
            change(table, Operation.UPDATE, lsn, after, keyed, old, new Image(after, older, false));
        }
        transaction.next();
    }

    @Override
    public void delete(int relation, long lsn, char identity, Tuple before) {
        Published table = relations.get(relation);
        if (table != null) {
            change(table, Operation.DELETE, lsn, before, null, new Image(before, null, identity == 'K'), null);
        }
        transaction.next();
    }

    private void change(
            Published table,
            Operation operation,
            long lsn,
            Tuple keyed,
            @Nullable Tuple older,
            @Nullable Image before,
            @Nullable Image after) {
        byte[] key = writer.key(table.shape(), keyed, older);
        TableTopic topic = table.topic();
        int partition = topic.partition(key);
        if (topic.marks().holds(partition, transaction.commitLsn(), transaction.ordinal())) {
            listener.changed(topic, key, false);
            return;
        }
        Origin origin = transaction.origin(lsn);
        RecordHeaders headers = writer.headers(table, before, after, origin);
        listener.changed(topic, key, headers.lastHeader(EventHeaders.UNAVAILABLE) == null);
        byte[] value = writer.value(table, operation, before, after, origin);
        sender.send(topic.topic(), partition, key.length == 0 ? null : key, value, headers);
        progress.count(1);
        topic.published().increment();
    }

    @Override
    public void truncate(int[] truncated, long lsn) {
        for (int relation : truncated) {
            Published table = relations.get(relation);
            if (table != null) {
                truncate(table, lsn);
            }
            transaction.next();
        }
    }

    private void truncate(Published table, long lsn) {
        TableTopic topic = table.topic();
        listener.truncated(topic);
        Origin origin = transaction.origin(lsn);
        // every partition has rows that are gone, and must learn it in its own order
        for (int partition = 0; partition < topic.partitions(); partition++) {
            if (!topic.marks().holds(partition, transaction.commitLsn(), transaction.ordinal())) {
                sender.send(
                        topic.topic(),
                        partition,
                        null,
                        writer.value(table, Operation.TRUNCATE, null, null, origin),
                        writer.headers(table, null, null, origin));
            }
        }
        progress.count(1);
        topic.published().increment();
    }

    @Override
    public void message(long lsn, boolean transactional, String prefix, byte[] content) {
        if (transactional) {
            if (prefix.equals(ACTOR)) {
                transaction.actor(ActorJson.of(content));
            }
            return;
        }
        progress.reached(lsn);
        if (prefix.startsWith(OWN_PREFIX)) {
            progress.watched();
            messages.accept(prefix, content);
            listener.message(reads, lsn, prefix, content);
        }
    }

    /** Ends a step: what was published so far may be stored as soon as Kafka has it. */
    public void step() {
        listener.beforeProgress();
        progress.step();
    }

    /** Returns how many changes were published since the source was registered; from any thread. */
    public long published() {
        return progress.published();
    }
}
