package io.millrace.sync.shaping;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.MaskingKey;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.shaping.MaskedEnvelope;
import io.millrace.catalog.shaping.Shaped;
import io.millrace.catalog.shaping.Shaper;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ShapeNotes;
import io.millrace.sync.sink.SinkKind;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** What one sink gets of one table, in one version of both. Thread-safe. */
public final class TableShaping {

    /** On records that are kept: that values in them are masked. */
    private static final String MASKED = "millrace-masked";

    private static final ChangeEventRecords RECORDS = new ChangeEventRecords();

    private final Shaper shaper;
    private final MaskedEnvelope envelope;
    private final Set<String> masked;
    /** The same with how, as JSON. */
    private final String masks;
    /** A sink that keeps no states needs nobody to tell it that a row which was only read, or never was for it, is not for it. */
    private final boolean keepsStates;

    private final int version;
    private final int schemaVersion;
    /** The sink's settings, which {@link #table} carries to it: they change while both versions stay. */
    private final String options;

    private final Counter removed;
    private final Counter skipped;
    private final Counter refused;

    TableShaping(
            String sink,
            SinkKind kind,
            Shaping shaping,
            CapturedTable table,
            SinkBinding binding,
            Supplier<MaskingKey> key,
            MeterRegistry registry) {
        // the binding in force, which the table as it was looked up may not have yet
        this.shaper = Shaper.of(shaping, table.with(binding), key);
        this.envelope = new MaskedEnvelope(shaping, table, key);
        this.masked = shaping.maskedColumns();
        this.masks = shaping.masksJson();
        this.keepsStates = kind == SinkKind.STATE;
        this.version = binding.shapingVersion();
        this.schemaVersion = table.schemaVersion();
        this.options = binding.options();
        this.removed = counter(registry, sink, "removed");
        this.skipped = counter(registry, sink, "skipped");
        this.refused = counter(registry, sink, "refused");
    }

    private static Counter counter(MeterRegistry registry, String sink, String outcome) {
        return Counter.builder("millrace.shaping.rows")
                .description("Changes that shaping kept from a sink: deleted there, passed over, or refused")
                .tag("sink", sink)
                .tag("outcome", outcome)
                .register(registry);
    }

    /**
     * Tells whether a record was kept with masked values. Such a copy is for people to read: whatever is declared by now, it is never
     * given to a sink, which would take masks for values of the row, or have them masked twice.
     */
    public static boolean isMaskedCopy(ConsumerRecord<byte[], byte[]> record) {
        return record.headers().lastHeader(MASKED) != null;
    }

    /** Returns the table with the columns that the sink gets. */
    public CapturedTable table() {
        return shaper.table();
    }

    /** Returns what changes and letters are masked under, as {@link Shaping#masksJson} writes it. */
    public String masks() {
        return masks;
    }

    boolean isFor(CapturedTable table, SinkBinding binding) {
        return version == binding.shapingVersion()
                && schemaVersion == table.schemaVersion()
                && options.equals(binding.options());
    }

    /**
     * Shapes a change.
     *
     * @return empty where the sink is given nothing
     * @throws RowLacking if it lacks values that shaping needs, for a sink of states: the row is to be read again
     * @throws RowRefused if the row cannot be shaped: it is a dead letter
     */
    public Optional<Change> change(ChangeEvent event) throws RowRefused {
        Shaped shaped = shaper.shape(event);
        if (shaped instanceof Shaped.Sent sent) {
            return Optional.of(
                    new Change(shaper.table(), sent.event(), new ShapeNotes(sent.masked(), sent.changed(), null)));
        }
        if (shaped instanceof Shaped.Removed gone
                && (keepsStates || gone.isNews() && event.operation() != Operation.READ)) {
            removed.increment();
            return Optional.of(
                    new Change(shaper.table(), gone.event(), new ShapeNotes(Set.of(), Set.of(), gone.row())));
        }
        if (shaped instanceof Shaped.Refused no && no.isLacking() && keepsStates && event.key() != null) {
            throw new RowLacking(no.cause());
        }
        if (shaped instanceof Shaped.Refused no) {
            refused.increment();
            throw new RowRefused(no.cause());
        }
        skipped.increment();
        return Optional.empty();
    }

    /** Returns a record to keep as it may be kept. */
    public DeadLetter kept(DeadLetter letter) {
        if (masked.isEmpty()) {
            return letter;
        }
        ConsumerRecord<byte[], byte[]> record = letter.record();
        byte[] value = record.value();
        ChangeEvent event;
        try {
            event = RECORDS.read(record);
        } catch (MalformedEventException e) {
            event = null;
        }
        if (event == null || value == null) {
            String cause =
                    "Not a change event. What it holds is in the topic only, since columns of this table are masked";
            return kept(letter, with(record, null), null, cause);
        }
        return kept(letter, with(record, envelope.of(value, event.unavailable())), masked(event), letter.cause());
    }

    private DeadLetter kept(
            DeadLetter letter, ConsumerRecord<byte[], byte[]> record, @Nullable ChangeEvent event, String cause) {
        return new DeadLetter(
                record,
                letter.source(),
                letter.table(),
                event,
                letter.keyHash(),
                letter.category(),
                cause,
                letter.stack(),
                masks);
    }

    private ChangeEvent masked(ChangeEvent event) {
        return event.with(
                event.operation(),
                masked(event.before(), Set.of()),
                event.beforeCompleteness(),
                masked(event.after(), event.unavailable()),
                event.unavailable());
    }

    private @Nullable Row masked(@Nullable Row row, Set<String> unavailable) {
        return row == null ? null : envelope.of(row, unavailable);
    }

    private ConsumerRecord<byte[], byte[]> with(ConsumerRecord<byte[], byte[]> record, byte @Nullable [] value) {
        RecordHeaders headers = new RecordHeaders(record.headers());
        headers.add(MASKED, String.join(",", masked).getBytes(StandardCharsets.UTF_8));
        return new ConsumerRecord<>(
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.timestampType(),
                record.serializedKeySize(),
                value == null ? 0 : value.length,
                record.key(),
                value,
                headers,
                record.leaderEpoch());
    }

    /** A row that cannot be shaped. The message holds no values of it. */
    public static class RowRefused extends Exception {
        RowRefused(String message) {
            super(message);
        }
    }

    /** A row that cannot be shaped from this change alone: PostgreSQL did not send all that is needed. */
    public static final class RowLacking extends RowRefused {
        RowLacking(String message) {
            super(message);
        }
    }
}
