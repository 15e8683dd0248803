package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.MaskingKey;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Applies one shaping to the events of one table. Immutable and thread-safe. */
public final class Shaper {

    /** A computed field, checked. */
    private record Field(String name, Expression expression) {}

    private final CapturedTable table;
    private final CapturedTable shaped;
    private final RowShape rows;
    private final @Nullable Expression filter;
    private final List<Field> computed;
    private final Set<String> named;

    private Shaper(
            Shaping shaping, CapturedTable table, MaskingKey key, @Nullable Expression filter, List<Field> computed) {
        this.table = table;
        this.filter = filter;
        this.computed = computed;
        this.rows = new RowShape(shaping, table.columns(), key);
        this.shaped = ShapedColumns.of(
                table,
                shaping,
                computed.stream()
                        .map(field ->
                                Results.column(field.name(), field.expression().type()))
                        .filter(java.util.Objects::nonNull)
                        .toList());
        Set<String> columns = new HashSet<>();
        computed.forEach(field -> columns.addAll(field.expression().columns()));
        if (filter != null) {
            columns.addAll(filter.columns());
        }
        this.named = Set.copyOf(columns);
    }

    /**
     * Makes a shaper; compiles expressions where there are any.
     *
     * @param key asked for only where something is masked
     * @throws ShapingException if the shaping does not fit the table as it is: then no row of it may be sent
     */
    public static Shaper of(Shaping shaping, CapturedTable table, Supplier<MaskingKey> key) {
        Set<String> columns = table.columns().stream().map(Column::name).collect(Collectors.toSet());
        for (String masked : shaping.maskedColumns()) {
            if (!columns.contains(masked)) {
                throw new ShapingException(
                        masked + ", which is masked, is no longer a column of " + table.table()
                                + ". If it was renamed, its values would be sent as they are: change the shaping, then resume.");
            }
        }
        FieldNames.check(shaping, table);
        List<ShapingFinding> findings = new ArrayList<>();
        Expression filter = null;
        List<Field> fields = new ArrayList<>();
        String text = shaping.filter();
        if (text != null || !shaping.computed().isEmpty()) {
            Expressions expressions = new Expressions(table.columns(), shaping.maskedColumns());
            if (text != null) {
                filter = expressions.compile(text, "filter", findings);
            }
            for (Computed computed : shaping.computed()) {
                Expression expression = expressions.compile(computed.expression(), computed.name(), findings);
                if (expression != null) {
                    fields.add(new Field(computed.name(), expression));
                }
            }
        }
        if (!findings.isEmpty()) {
            ShapingFinding first = findings.get(0);
            throw new ShapingException("The shaping no longer fits the columns of " + table.table() + " (" + first.at()
                    + ": " + first.problem() + "). Change it, then resume.");
        }
        return new Shaper(
                shaping, table, shaping.masks().isEmpty() ? RowShape.NO_KEY : key.get(), filter, List.copyOf(fields));
    }

    /** Returns the table as the sink sees it. */
    public CapturedTable table() {
        return shaped;
    }

    /**
     * Shapes an event of the table.
     *
     * @throws IllegalStateException if it was written under columns that are newer than the shaper's
     */
    public Shaped shape(ChangeEvent event) {
        if (event.schemaVersion() > table.schemaVersion()) {
            throw new IllegalStateException(
                    "The columns of " + table.table() + " that an event was written under are not known yet");
        }
        Row after = event.after();
        if (after == null) {
            return ended(event);
        }
        try {
            RowValues values = new RowValues(after, named);
            boolean passes = filter == null || passes(filter, values, event);
            if (!passes && event.operation() == Operation.CREATE) {
                return new Shaped.Skipped();
            }
            Set<String> unknown = new LinkedHashSet<>(0);
            if (passes) {
                List<RowShape.Extra> extras = extras(values, event, unknown);
                return sent(shown(event), rows.shape(after, event.unavailable(), extras), unknown);
            }
            return new Shaped.Removed(removed(event), hidden(values, event, after), before(event) != Before.OUT);
        } catch (RowRefusedException e) {
            return new Shaped.Refused(String.valueOf(e.getMessage()), null, e.isLacking());
        }
    }

    /** What the filter says of the row as it was before a change. */
    private enum Before {
        /** It was to be in the sink. */
        IN,
        /** It was not. */
        OUT,
        /** Not all of it was sent, or the filter has no value for it. */
        UNKNOWN
    }

    private Before before(ChangeEvent event) {
        if (filter == null) {
            return Before.IN;
        }
        Row before = event.before();
        if (before == null || event.beforeCompleteness() != BeforeCompleteness.FULL) {
            return Before.UNKNOWN;
        }
        try {
            Object result = filter.evaluate(new RowValues(before, named), Set.of());
            return result instanceof Boolean passes ? passes ? Before.IN : Before.OUT : Before.UNKNOWN;
        } catch (RowRefusedException e) {
            return Before.UNKNOWN;
        }
    }

    /** A row that is gone, or all of them. Of one that was not to be in the sink, the sink gets no values. */
    private Shaped ended(ChangeEvent event) {
        return event.operation() == Operation.DELETE && before(event) == Before.OUT
                ? new Shaped.Removed(removed(event), null, false)
                : sent(shown(event), null, Set.of());
    }

    /** Leaves out the row before the change, where it was not to be in the sink or that is not known. The key alone is what the event is of. */
    private ChangeEvent shown(ChangeEvent event) {
        boolean full = event.before() != null && event.beforeCompleteness() == BeforeCompleteness.FULL;
        return full && before(event) != Before.IN
                ? with(event, event.operation(), event.after(), event.unavailable())
                : event;
    }

    private boolean passes(Expression condition, RowValues values, ChangeEvent event) throws RowRefusedException {
        Object result;
        try {
            result = condition.evaluate(values, event.unavailable());
        } catch (RowRefusedException e) {
            throw new RowRefusedException("The filter " + e.getMessage());
        }
        if (result == Expression.UNKNOWN) {
            throw new RowRefusedException("The filter needs " + unsent(condition, event), true);
        }
        if (!(result instanceof Boolean passes)) {
            throw new RowRefusedException("The filter is neither true nor false for this row");
        }
        return passes;
    }

    private List<RowShape.Extra> extras(RowValues values, ChangeEvent event, Set<String> unknown)
            throws RowRefusedException {
        List<RowShape.Extra> extras = new ArrayList<>(computed.size());
        for (Field field : computed) {
            Object result;
            try {
                result = field.expression().evaluate(values, event.unavailable());
            } catch (RowRefusedException e) {
                throw new RowRefusedException("The computed field " + field.name() + " " + e.getMessage());
            }
            if (result == Expression.UNKNOWN) {
                // of nothing but what stayed as it was it is as it was: the sink has it
                if (!event.unavailable().containsAll(field.expression().columns())) {
                    throw new RowRefusedException(
                            "The computed field " + field.name() + " needs " + unsent(field.expression(), event), true);
                }
                unknown.add(field.name());
                extras.add(new RowShape.Extra(field.name(), RowShape.UNAVAILABLE));
            } else {
                extras.add(new RowShape.Extra(field.name(), Results.json(result)));
            }
        }
        return extras;
    }

    /** The row behind the filter: a later change may take values from it that PostgreSQL did not send again. */
    private ChangeEvent hidden(RowValues values, ChangeEvent event, Row after) {
        Set<String> unknown = new LinkedHashSet<>(0);
        List<RowShape.Extra> extras;
        try {
            extras = extras(values, event, unknown);
        } catch (RowRefusedException e) {
            // often the filter is there to keep such rows from the computed fields
            extras = List.of();
            computed.forEach(field -> unknown.add(field.name()));
        }
        return sent(event, rows.shape(after, event.unavailable(), extras), unknown)
                .event();
    }

    private String unsent(Expression expression, ChangeEvent event) {
        String columns = expression.columns().stream()
                .filter(event.unavailable()::contains)
                .sorted()
                .collect(Collectors.joining(", "));
        return columns
                + ", which PostgreSQL did not send because a large value stayed as it was. Read the table's rows again;"
                + " ALTER TABLE " + table.table().quoted() + " REPLICA IDENTITY FULL has it sent always.";
    }

    private Shaped.Sent sent(ChangeEvent event, @Nullable Row after, Set<String> unknown) {
        Row before = event.before();
        Set<String> unavailable = new LinkedHashSet<>(rows.unavailable(event.unavailable()));
        unavailable.addAll(unknown);
        ChangeEvent shapedEvent = event.with(
                event.operation(),
                before == null ? null : rows.shape(before, Set.of(), List.of()),
                event.beforeCompleteness(),
                after,
                unavailable);
        return new Shaped.Sent(shapedEvent, rows.masked(), rows.maskedChanges(event));
    }

    private static ChangeEvent removed(ChangeEvent event) {
        return with(event, Operation.DELETE, null, Set.of());
    }

    /** Returns an event without the row before it. */
    private static ChangeEvent with(
            ChangeEvent event, Operation operation, @Nullable Row after, Set<String> unavailable) {
        return event.with(operation, null, BeforeCompleteness.NONE, after, unavailable);
    }
}
