package io.millrace.capture.publish;

import io.millrace.capture.publish.Batch.Progress;
import io.millrace.capture.publish.Batch.Urgency;
import io.millrace.capture.publish.EnvelopeWriter.Image;
import io.millrace.capture.publish.EnvelopeWriter.Origin;
import io.millrace.capture.wal.Relation;
import io.millrace.capture.wal.Tuple;
import io.millrace.capture.wal.WalHandler;
import io.millrace.event.EventHeaders;
import io.millrace.event.Operation;
import io.millrace.event.SourcePosition;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
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
    private static final long ATTENTION_NANOS = 500_000_000L;

    private final RecordSender sender;
    private final TableDirectory directory;
    private final StreamListener listener;
    private final EnvelopeWriter writer;
    private final Clock clock;
    private final Map<Integer, Published> relations = new HashMap<>();
    private final AtomicLong published;

    private long commitLsn;
    private long committedMicros;
    private long transactionId;
    private byte @Nullable [] actor;
    private int ordinal;

    private @Nullable SourcePosition lastPosition;
    private @Nullable Instant lastCommittedAt;
    private long endLsn;
    private long sealedLsn;
    private boolean changesSinceSeal;
    private boolean atEnd;
    private long attentionUntil = System.nanoTime();

    /**
     * @param resumed how far capture was when it started
     * @param version of Millrace, for the envelope
     */
    public StreamPublisher(
            RecordSender sender,
            TableDirectory directory,
            StreamListener listener,
            StreamStart resumed,
            String version,
            Clock clock) {
        this.sender = sender;
        this.directory = directory;
        this.listener = listener;
        this.writer = new EnvelopeWriter(resumed.source(), resumed.database(), resumed.epoch(), version, clock);
        this.clock = clock;
        this.published = new AtomicLong(resumed.events());
        this.lastPosition = resumed.position();
        this.lastCommittedAt = resumed.committedAt();
        this.endLsn = resumed.endLsn();
        this.sealedLsn = resumed.endLsn();
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
    public void begin(long commit, long micros, long transaction) {
        commitLsn = commit;
        committedMicros = micros;
        transactionId = transaction;
        actor = null;
        ordinal = 0;
        atEnd = false;
    }

    @Override
    public void commit(long commit, long end, long micros) {
        if (ordinal > 0) {
            lastPosition = writer.position(commitLsn, ordinal - 1);
            lastCommittedAt =
                    Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000);
            changesSinceSeal = true;
        }
        endLsn = later(endLsn, end);
    }

    @Override
    public void caughtUp(long lsn) {
        endLsn = later(endLsn, lsn);
        atEnd = true;
    }

    @Override
    public void relation(Relation relation) {
        Published table = directory.describe(relation, commitLsn);
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
        ordinal++;
    }

    @Override
    public void update(int relation, long lsn, char identity, Tuple before, Tuple after) {
        Published table = relations.get(relation);
        if (table == null) {
            ordinal++;
            return;
        }
        Tuple older = identity == 'O' ? before : null;
        Image old = identity == 0 ? null : new Image(before, null, identity == 'K');
        if (identity != 0 && table.shape().hasKey() && !table.shape().sameKey(before, after)) {
            change(table, Operation.DELETE, lsn, before, null, old, null);
            ordinal++;
            change(table, Operation.CREATE, lsn, after, before, null, new Image(after, older, false));
        } else {
            change(
                    table,
                    Operation.UPDATE,
                    lsn,
                    after,
                    identity == 0 ? null : before,
                    old,
                    new Image(after, older, false));
        }
        ordinal++;
    }

    @Override
    public void delete(int relation, long lsn, char identity, Tuple before) {
        Published table = relations.get(relation);
        if (table != null) {
            change(table, Operation.DELETE, lsn, before, null, new Image(before, null, identity == 'K'), null);
        }
        ordinal++;
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
        if (topic.marks().holds(partition, commitLsn, ordinal)) {
            listener.changed(topic, key, false);
            return;
        }
        Origin origin = new Origin(writer.position(commitLsn, ordinal), lsn, committedMicros, transactionId, actor);
        RecordHeaders headers = writer.headers(table, before, after, origin);
        listener.changed(topic, key, headers.lastHeader(EventHeaders.UNAVAILABLE) == null);
        byte[] value = writer.value(table, operation, before, after, origin);
        sender.send(topic.topic(), partition, key.length == 0 ? null : key, value, headers);
        published.incrementAndGet();
        topic.published().increment();
    }

    @Override
    public void truncate(int[] truncated, long lsn) {
        for (int relation : truncated) {
            Published table = relations.get(relation);
            if (table != null) {
                truncate(table, lsn);
            }
            ordinal++;
        }
    }

    private void truncate(Published table, long lsn) {
        listener.truncated(table.topic());
        Origin origin = new Origin(writer.position(commitLsn, ordinal), lsn, committedMicros, transactionId, actor);
        // every partition has rows that are gone, and must learn it in its own order
        for (int partition = 0; partition < table.topic().partitions(); partition++) {
            if (!table.topic().marks().holds(partition, commitLsn, ordinal)) {
                sender.send(
                        table.topic().topic(),
                        partition,
                        null,
                        writer.value(table, Operation.TRUNCATE, null, null, origin),
                        writer.headers(table, null, null, origin));
            }
        }
        published.incrementAndGet();
        table.topic().published().increment();
    }

    @Override
    public void message(long lsn, boolean transactional, String prefix, byte[] content) {
        if (transactional) {
            if (prefix.equals(ACTOR)) {
                actor = ActorJson.of(content);
            }
            return;
        }
        endLsn = later(endLsn, lsn);
        if (prefix.startsWith(OWN_PREFIX)) {
            attentionUntil = System.nanoTime() + ATTENTION_NANOS;
            listener.message(this, lsn, prefix, content);
        }
    }

    /**
     * Publishes rows that a snapshot read. Called by the listener, at the place in the stream where they belong.
     *
     * @param lowWatermark below every change that the read cannot have seen
     * @param firstIndex number of the first row in its chunk
     */
    public void publishReads(Published table, long lowWatermark, int firstIndex, List<Tuple> rows, Instant readAt) {
        long micros = readAt.getEpochSecond() * 1_000_000 + readAt.getNano() / 1000;
        SourcePosition upTo = lastPosition;
        byte[] publishedUpTo = upTo == null ? null : upTo.toString().getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < rows.size(); i++) {
            Tuple row = rows.get(i);
            Origin origin = new Origin(readPosition(lowWatermark, firstIndex + i), lowWatermark, micros, null, null);
            Image after = new Image(row, null, false);
            RecordHeaders headers = writer.headers(table, null, after, origin);
            if (publishedUpTo != null) {
                headers.add(EventHeaders.PUBLISHED_UP_TO, publishedUpTo);
            }
            byte[] key = writer.key(table.shape(), row, null);
            sender.send(
                    table.topic().topic(),
                    table.topic().partition(key),
                    key.length == 0 ? null : key,
                    writer.value(table, Operation.READ, null, after, origin),
                    headers);
        }
        published.addAndGet(rows.size());
        table.topic().published().increment(rows.size());
    }

    private SourcePosition readPosition(long low, int index) {
        return SourcePosition.ofRead(writer.position(0, 0).epoch(), low, index);
    }

    /** Returns the key of a row, as its records carry it. */
    public byte[] key(Published table, Tuple row) {
        return writer.key(table.shape(), row, null);
    }

    /** Runs something once Kafka has everything that was published so far. */
    public void afterAcknowledgement(Runnable then) {
        sender.seal(null, then);
    }

    /** Ends a step: what was published so far may be stored as soon as Kafka has it. */
    public void step() {
        if (endLsn == sealedLsn) {
            return;
        }
        boolean watched = changesSinceSeal || System.nanoTime() - attentionUntil < 0;
        Urgency urgency = !watched ? Urgency.LAZY : atEnd ? Urgency.PROMPT : Urgency.STREAMING;
        sender.seal(new Progress(lastPosition, endLsn, lastCommittedAt, published.get(), urgency), null);
        sealedLsn = endLsn;
        changesSinceSeal = changesSinceSeal && !atEnd;
    }

    /** Returns how many changes were published since the source was registered; from any thread. */
    public long published() {
        return published.get();
    }

    /** Returns the time; for those that publish through this. */
    public Instant now() {
        return clock.instant();
    }

    private static long later(long a, long b) {
        return Long.compareUnsigned(a, b) >= 0 ? a : b;
    }
}
