package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks a declared shaping against the columns of its table, before it is saved. */
public final class ShapingCheck {

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,62}");
    private static final String NAME_RULE = " is no name for a field: a letter, then up to 62 letters, digits, _ or -.";
    private static final int MOST_COMPUTED = 50;
    private static final int MOST_CHARACTERS = 64 * 1024;
    private static final int MOST_KEPT = 64;

    /** Types whose values are never stored out of line, and so always sent. */
    private static final Set<String> ALWAYS_SENT = Set.of(
            "int2",
            "int4",
            "int8",
            "oid",
            "float4",
            "float8",
            "bool",
            "date",
            "timestamp",
            "timestamptz",
            "time",
            "timetz",
            "interval",
            "uuid",
            "money",
            "macaddr",
            "macaddr8",
            "char");

    private final Shaping shaping;
    private final CapturedTable table;
    private final ShapedFor sink;
    private final Map<String, Column> columns;
    private final List<ShapingFinding> findings = new ArrayList<>();

    private ShapingCheck(Shaping shaping, CapturedTable table, ShapedFor sink) {
        this.shaping = shaping;
        this.table = table;
        this.sink = sink;
        this.columns = table.columns().stream().collect(Collectors.toMap(Column::name, column -> column));
    }

    /**
     * Returns what is to be said; nothing stands in the way if no finding is an error.
     *
     * @param sink what it is for
     */
    public static List<ShapingFinding> of(Shaping shaping, CapturedTable table, ShapedFor sink) {
        return of(shaping, table, sink, Set.of());
    }

    /**
     * The same, where expressions must not see further columns.
     *
     * @param hidden columns that are masked elsewhere
     */
    public static List<ShapingFinding> of(Shaping shaping, CapturedTable table, ShapedFor sink, Set<String> hidden) {
        ShapingCheck check = new ShapingCheck(shaping, table, sink);
        check.size();
        check.columns();
        check.masks();
        check.names();
        check.expressions(hidden);
        return List.copyOf(check.findings);
    }

    private void error(String at, String problem) {
        findings.add(ShapingFinding.error(at, problem));
    }

    private void size() {
        if (shaping.toJson().length() > MOST_CHARACTERS) {
            error("", "All of it together is longer than " + MOST_CHARACTERS + " characters.");
        }
    }

    private void unknown(String at, String column) {
        error(at, table.table() + " has no column " + column + ".");
    }

    private void columns() {
        List<String> only = shaping.only();
        if (only == null) {
            return;
        }
        only.stream().filter(column -> !columns.containsKey(column)).forEach(column -> unknown("only", column));
        for (String key : table.keyColumns()) {
            if (!only.contains(key)) {
                error("only", key + " is part of the key and is always sent: add it. It can be renamed.");
            }
        }
    }

    private void masks() {
        shaping.masks().forEach((column, mask) -> {
            String at = "masks." + column;
            Column known = columns.get(column);
            if (known == null) {
                unknown(at, column);
            } else if (table.keyColumns().contains(column)) {
                error(
                        at,
                        column
                                + " is part of the key: the row's address in the sink holds its value, so that a mask would"
                                + " hide nothing.");
            } else {
                mask(at, mask, known);
            }
        });
    }

    private void mask(String at, Mask mask, Column column) {
        boolean partial = mask.kind() == Mask.Kind.PARTIAL;
        boolean constant = mask.kind() == Mask.Kind.CONSTANT;
        Object value = mask.value();
        if (constant && !(value instanceof String || value instanceof Number || value instanceof Boolean)) {
            error(at, "CONSTANT needs a value: a text, a number, true or false. For none at all there is NULL.");
        }
        if (!constant && value != null) {
            error(at, mask.kind() + " takes no value.");
        }
        if (!partial && (mask.first() != null || mask.last() != null)) {
            error(at, mask.kind() + " keeps nothing: first and last go with PARTIAL.");
        }
        if (partial) {
            int first = mask.first() == null ? 0 : mask.first();
            int last = mask.last() == null ? 0 : mask.last();
            if (first < 0 || last < 0 || first + last < 1 || first > MOST_KEPT || last > MOST_KEPT) {
                error(at, "PARTIAL needs how many characters to keep first or last, up to " + MOST_KEPT + " each.");
            }
            String type = column.typeName();
            if (type.startsWith("_") || type.equals("json") || type.equals("jsonb") || type.equals("bytea")) {
                error(at, "A part of " + column.type() + " says nothing of use: HASH, NULL or DROP it.");
            }
        }
    }

    private void names() {
        shaping.names().forEach((column, name) -> {
            String at = "names." + column;
            if (!columns.containsKey(column)) {
                unknown(at, column);
            } else if (sink == ShapedFor.HISTORY) {
                error(at, "The history keeps columns under their own names.");
            } else if (!NAME.matcher(name).matches()) {
                error(at, "'" + name + "'" + NAME_RULE);
            }
        });
        Map<String, String> taken = new HashMap<>();
        for (Column column : table.columns()) {
            if (shaping.sends(column.name())) {
                String other = taken.putIfAbsent(shaping.nameOf(column.name()), column.name());
                if (other != null) {
                    String at = shaping.names().containsKey(column.name()) ? column.name() : other;
                    error("names." + at, "The name of " + column.name() + " is taken by " + other + ".");
                }
            }
        }
        for (int i = 0; i < shaping.computed().size(); i++) {
            String name = shaping.computed().get(i).name();
            String at = "computed." + i + ".name";
            if (name == null || !NAME.matcher(name).matches()) {
                error(at, "'" + (name == null ? "" : name) + "'" + NAME_RULE);
            } else if (taken.putIfAbsent(name, name) != null) {
                error(at, "The name " + name + " is taken.");
            }
        }
    }

    private void expressions(Set<String> hidden) {
        String filter = shaping.filter();
        if (filter == null && shaping.computed().isEmpty()) {
            return;
        }
        if (sink == ShapedFor.HISTORY) {
            if (filter != null) {
                error("filter", "The history keeps every change: it takes no filter.");
            }
            if (!shaping.computed().isEmpty()) {
                error("computed.0.name", "The history keeps what the source has: it takes no computed fields.");
            }
            return;
        }
        if (shaping.computed().size() > MOST_COMPUTED) {
            error("computed." + MOST_COMPUTED + ".name", "More than " + MOST_COMPUTED + " computed fields.");
            return;
        }
        Set<String> masked = new HashSet<>(shaping.maskedColumns());
        masked.addAll(hidden);
        Expressions expressions = new Expressions(table.columns(), masked);
        if (filter != null) {
            filter(filter, expressions);
        }
        for (int i = 0; i < shaping.computed().size(); i++) {
            computed(shaping.computed().get(i), "computed." + i + ".expression", expressions);
        }
    }

    private void filter(String text, Expressions expressions) {
        Expression expression = expressions.compile(text, "filter", findings);
        if (expression == null) {
            return;
        }
        if (!expression.isBoolean()) {
            error("filter", "The filter must be true or false for a row; this is " + words(expression) + ".");
            return;
        }
        warnings("filter", "filter", expression);
        if (table.replicaIdentity() != ReplicaIdentity.FULL
                && table.columns().stream().anyMatch(column -> !ALWAYS_SENT.contains(column.typeName()))) {
            findings.add(ShapingFinding.warning(
                    "filter",
                    "A row that comes to pass the filter by a change that leaves a large value as it was is "
                            + (sink == ShapedFor.STATES
                                    ? "read again from the table, and comes a moment later"
                                    : "a dead letter until the table's rows are read again")
                            + ": PostgreSQL does not send such values. " + full() + " avoids it."));
        }
    }

    private void computed(Computed field, String at, Expressions expressions) {
        if (field.expression() == null || field.expression().isBlank()) {
            error(at, "What is to be computed?");
            return;
        }
        Expression expression = expressions.compile(field.expression(), at, findings);
        if (expression == null) {
            return;
        }
        if (Results.column(field.name(), expression.type()) == null) {
            error(
                    at,
                    "Of what type the field is cannot be told (" + words(expression)
                            + "): say so with string(...), int(...), double(...) or bool(...).");
            return;
        }
        warnings(at, "computed field", expression);
    }

    private static String words(Expression expression) {
        String name = expression.type().name();
        return name.equals("dyn") ? "of any type" : "a " + name;
    }

    private void warnings(String at, String what, Expression expression) {
        String nullable = expression.references().columns().entrySet().stream()
                .filter(entry -> entry.getValue().nullable())
                .map(Map.Entry::getKey)
                .filter(name -> !expression.references().nullChecked().contains(name))
                .sorted()
                .collect(Collectors.joining(", "));
        if (!nullable.isEmpty()) {
            String first = nullable.split(",", 2)[0];
            findings.add(ShapingFinding.warning(
                    at,
                    "Can be NULL: " + nullable + ". A row for which that leaves the " + what
                            + " without a value is a dead letter. " + first + " != null ... tells it apart."));
        }
        String large = expression.columns().stream()
                .filter(name -> !ALWAYS_SENT.contains(
                        java.util.Objects.requireNonNull(columns.get(name)).typeName()))
                .sorted()
                .collect(Collectors.joining(", "));
        if (table.replicaIdentity() != ReplicaIdentity.FULL && !large.isEmpty() && what.startsWith("computed")) {
            findings.add(ShapingFinding.warning(
                    at,
                    "Where the field hangs on other columns too, "
                            + (sink == ShapedFor.STATES ? "the row is read again after " : "")
                            + "a change that leaves a large value of " + large + " as it was"
                            + (sink == ShapedFor.STATES ? ", and comes a moment later. " : " is a dead letter. ")
                            + full() + " avoids it."));
        }
    }

    private String full() {
        return "ALTER TABLE " + table.table().quoted() + " REPLICA IDENTITY FULL";
    }
}
