package io.millrace.admin.shaping;

import io.millrace.admin.shaping.PreviewEvent.Outcome;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.MaskedColumns;
import io.millrace.catalog.shaping.MaskedEnvelope;
import io.millrace.catalog.shaping.Shaped;
import io.millrace.catalog.shaping.ShapedFor;
import io.millrace.catalog.shaping.Shaper;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingCheck;
import io.millrace.catalog.shaping.ShapingFinding;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * Tries a shaping on recent changes. What any sink of the table has masked stays hidden, whatever the tried shaping says: a preview must
 * not be a way to read what is masked.
 */
@Component
class Previews {

    private static final Mask HIDDEN = Mask.constant("***");
    private static final Set<Mask.Kind> TELLING_NOTHING =
            EnumSet.of(Mask.Kind.DROP, Mask.Kind.NULL, Mask.Kind.CONSTANT);

    private final RecentEvents recent;
    private final Shapings shapings;

    Previews(RecentEvents recent, Shapings shapings) {
        this.recent = recent;
        this.shapings = shapings;
    }

    Preview of(CapturedTable table, SinkBinding binding, Shaping tried, int limit) {
        Map<String, Mask> saved = saved(table, binding);
        saved.keySet().retainAll(table.columns().stream().map(Column::name).toList());
        Set<String> doubtful = doubtful(table);
        Set<String> hidden = new LinkedHashSet<>(saved.keySet());
        hidden.addAll(doubtful);
        List<ShapingFinding> findings = ShapingCheck.of(tried, table, ShapedFor.of(binding.sink()), hidden);
        if (findings.stream().anyMatch(ShapingFinding::isError)) {
            return new Preview(findings, List.of());
        }
        Map<String, Mask> masks = new LinkedHashMap<>(tried.masks());
        saved.forEach((column, mask) -> {
            Mask wanted = tried.masks().get(column);
            boolean harmless = wanted != null && (TELLING_NOTHING.contains(wanted.kind()) || wanted.equals(mask));
            if (!harmless) {
                masks.put(column, HIDDEN);
            }
        });
        doubtful.forEach(column -> masks.put(column, HIDDEN));
        Shaper shaper = Shaper.of(
                new Shaping(tried.only(), tried.names(), masks, tried.filter(), tried.computed()),
                table,
                shapings::maskingKey);
        Map<String, Mask> shown = new LinkedHashMap<>();
        masks.keySet().forEach(column -> shown.put(column, HIDDEN));
        MaskedEnvelope source =
                new MaskedEnvelope(new Shaping(null, Map.of(), shown, null, List.of()), table, shapings::maskingKey);
        List<PreviewEvent> events = new ArrayList<>();
        for (ChangeEvent event : recent.of(table.topic(), limit)) {
            if (event.schemaVersion() <= table.schemaVersion()) {
                events.add(event(event, shaper, source));
            }
        }
        return new Preview(findings, events);
    }

    /** What the table's sinks have masked by now; of several masks of a column this sink's own. */
    private static Map<String, Mask> saved(CapturedTable table, SinkBinding own) {
        Map<String, Mask> saved = new LinkedHashMap<>();
        for (SinkBinding binding : table.sinks()) {
            String json = binding.shaping();
            if (json != null) {
                Shaping.parse(json).masks().forEach((column, mask) -> {
                    if (binding.sink().equals(own.sink())) {
                        saved.put(column, mask);
                    } else {
                        saved.putIfAbsent(column, HIDDEN);
                    }
                });
            }
        }
        return saved;
    }

    /** Columns that may hold by now what one of the sinks has masked under another name. */
    private Set<String> doubtful(CapturedTable table) {
        Set<String> doubtful = new LinkedHashSet<>();
        for (SinkBinding binding : table.sinks()) {
            Shaping shaping = binding.shaping() == null ? Shaping.NONE : Shaping.parse(binding.shaping());
            if (!shaping.masks().isEmpty()) {
                doubtful.addAll(MaskedColumns.elsewhere(
                        shaping,
                        shapings.columnsWhenDeclared(table.id(), binding.sink(), binding.shapingVersion()),
                        table.columns()));
            }
        }
        return doubtful;
    }

    private static PreviewEvent event(ChangeEvent event, Shaper shaper, MaskedEnvelope source) {
        Row row = event.after() == null ? event.before() : event.after();
        String shown = row == null
                ? null
                : source.of(row, event.after() == null ? Set.of() : event.unavailable())
                        .toString();
        Outcome outcome;
        String reason = null;
        String sent = null;
        Shaped shaped = shaper.shape(event);
        if (shaped instanceof Shaped.Sent given) {
            outcome = event.after() == null ? Outcome.DELETED : Outcome.SENT;
            reason = event.after() == null ? "The row was deleted at the source." : null;
            sent = text(given.event().after());
        } else if (shaped instanceof Shaped.Refused refused) {
            outcome = Outcome.REFUSED;
            reason = refused.cause();
        } else if (shaped instanceof Shaped.Removed gone && !gone.isNews()) {
            outcome = Outcome.PASSED_OVER;
            reason = "The row passes the filter neither before nor after the change.";
        } else if (shaped instanceof Shaped.Removed) {
            outcome = Outcome.DELETED;
            reason = "The row does not pass the filter: if the sink has it, it is deleted there.";
        } else {
            outcome = Outcome.PASSED_OVER;
            reason = "The new row does not pass the filter.";
        }
        return new PreviewEvent(
                event.eventId(),
                event.operation().word(),
                event.key() == null ? null : event.key().json(),
                event.transaction().committedAt(),
                outcome,
                reason,
                shown,
                sent);
    }

    private static @Nullable String text(@Nullable Row row) {
        return row == null ? null : row.toString();
    }
}
