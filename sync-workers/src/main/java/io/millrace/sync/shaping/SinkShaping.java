package io.millrace.sync.shaping;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.MaskingKey;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.shaping.MaskedColumns;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingException;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one sink gets of all tables. Thread-safe. */
public final class SinkShaping {

    private static final Logger log = LoggerFactory.getLogger(SinkShaping.class);

    /** How far the clocks of capture and of this process may be apart. */
    private static final Duration SKEW = Duration.ofSeconds(2);

    /** A binding as the catalog had it at a time. */
    private record Seen(SinkBinding binding, Instant asOf) {}

    private final String sink;
    private final SinkKind kind;
    private final PipelineCatalog catalog;
    private final Shapings shapings;
    private final Supplier<MaskingKey> key;
    private final MeterRegistry registry;
    private final Map<Long, TableShaping> made = new ConcurrentHashMap<>();
    private final Map<Long, Seen> seen = new ConcurrentHashMap<>();

    private SinkShaping(
            String sink, SinkKind kind, PipelineCatalog catalog, Shapings shapings, MeterRegistry registry) {
        this.sink = sink;
        this.kind = kind;
        this.catalog = catalog;
        this.shapings = shapings;
        this.key = new KeptKey(shapings);
        this.registry = registry;
    }

    /** Makes the shaping of one sink; the masking key is read when it is first needed. */
    public static SinkShaping of(
            String sink, SinkKind kind, PipelineCatalog catalog, Shapings shapings, MeterRegistry registry) {
        return new SinkShaping(sink, kind, catalog, shapings, registry);
    }

    private static final class KeptKey implements Supplier<MaskingKey> {

        private final Shapings shapings;
        private volatile @Nullable MaskingKey kept;

        KeptKey(Shapings shapings) {
            this.shapings = shapings;
        }

        @Override
        public MaskingKey get() {
            MaskingKey known = kept;
            if (known == null) {
                known = shapings.maskingKey();
                kept = known;
            }
            return known;
        }
    }

    /**
     * Returns how rows of a table are shaped, or null where they are given as they are.
     *
     * @throws ShapingException if its shaping does not fit the table: the binding is then FAILED, and nothing may be delivered
     * @throws org.springframework.dao.DataAccessException if the catalog had to be asked and does not answer
     */
    public @Nullable TableShaping of(CapturedTable table, SinkBinding known) {
        Seen newer = seen.get(table.id());
        SinkBinding binding =
                newer != null && newer.binding().shapingVersion() > known.shapingVersion() ? newer.binding() : known;
        if (binding.shaping() == null) {
            return null;
        }
        TableShaping ready = made.get(table.id());
        if (ready == null || !ready.isFor(table, binding)) {
            ready = make(table, binding, binding.shaping());
            made.put(table.id(), ready);
        }
        return ready;
    }

    /**
     * The same for an event, which may be a row that was read again to bring it in line with what was declared before: then what was
     * last seen of the catalog may be too old. It is asked at most once for a batch.
     *
     * @param polled when the batch of the event was there
     * @throws org.springframework.dao.DataAccessException if the catalog had to be asked and does not answer
     */
    public @Nullable TableShaping of(
            CapturedTable table, SinkBinding known, ChangeEvent event, Instant polled, @Nullable TableShaping current) {
        if (!event.position().isRead()) {
            return current;
        }
        Seen last = seen.get(table.id());
        if (last == null
                || last.asOf().isBefore(polled)
                        && last.asOf().isBefore(event.capturedAt().plus(SKEW))) {
            Instant now = Instant.now();
            SinkBinding fresh = catalog.table(table.id())
                    .map(CapturedTable::sinks)
                    .flatMap(all -> all.stream()
                            .filter(binding -> binding.sink().equals(sink))
                            .findFirst())
                    .orElse(known);
            seen.put(table.id(), new Seen(fresh, now));
        }
        return of(table, known);
    }

    private TableShaping make(CapturedTable table, SinkBinding binding, String json) {
        try {
            Shaping shaping = Shaping.parse(json);
            TableShaping shaped = new TableShaping(sink, kind, shaping, table, binding, key, registry);
            if (!shaping.masks().isEmpty()) {
                MaskedColumns.check(
                        shaping, shapings.columnsWhenDeclared(table.id(), sink, binding.shapingVersion()), table);
            }
            return shaped;
        } catch (ShapingException | IllegalArgumentException e) {
            String message = String.valueOf(e.getMessage());
            log.error("{} cannot be given {} of {}: {}", sink, table.table(), table.source(), message);
            catalog.bindingFailed(table, sink, message);
            throw e instanceof ShapingException known ? known : new ShapingException(message);
        }
    }
}
