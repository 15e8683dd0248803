package io.millrace.admin.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.shaping.Computed;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingFinding;
import io.millrace.catalog.shaping.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.util.MultiValueMap;

/**
 * A shaping as the page's form shows it.
 *
 * @param all whether all columns are sent, those too that the table gets later
 * @param fields the computed ones, then empty ones to fill
 * @param version the declaration that the form began with
 */
record ShapingForm(boolean all, List<ColumnLine> columns, String filter, List<FieldLine> fields, int version) {

    private static final int EMPTY_FIELDS = 2;

    /**
     * A column of the table.
     *
     * @param index its number, which the form's names carry
     * @param as its name in the sink; empty for its own
     * @param mask the kind; empty for none
     */
    record ColumnLine(
            int index,
            Column column,
            boolean key,
            boolean sent,
            String as,
            String mask,
            String value,
            String first,
            String last) {

        public String variable() {
            return Variables.of(column.name());
        }

        public String typeInExpressions() {
            return Variables.typeOf(column);
        }
    }

    /** A computed field. */
    record FieldLine(int index, String name, String expression) {}

    static ShapingForm of(Shaping shaping, CapturedTable table, int version) {
        List<ColumnLine> lines = new ArrayList<>();
        List<String> only = shaping.only();
        for (Column column : table.columns()) {
            String name = column.name();
            Mask mask = shaping.masks().get(name);
            lines.add(new ColumnLine(
                    lines.size(),
                    column,
                    table.keyColumns().contains(name),
                    only == null || only.contains(name),
                    shaping.names().getOrDefault(name, ""),
                    mask == null ? "" : mask.kind().name(),
                    mask == null || mask.value() == null ? "" : mask.value().toString(),
                    mask == null || mask.first() == null ? "" : mask.first().toString(),
                    mask == null || mask.last() == null ? "" : mask.last().toString()));
        }
        List<FieldLine> fields = new ArrayList<>();
        shaping.computed().forEach(field -> fields.add(new FieldLine(fields.size(), field.name(), field.expression())));
        String filter = shaping.filter();
        return new ShapingForm(only == null, lines, filter == null ? "" : filter, padded(fields), version);
    }

    private static List<FieldLine> padded(List<FieldLine> fields) {
        List<FieldLine> all = new ArrayList<>(fields);
        for (int i = 0; i < EMPTY_FIELDS; i++) {
            all.add(new FieldLine(all.size(), "", ""));
        }
        return all;
    }

    /** Reads what was typed. */
    static ShapingForm of(MultiValueMap<String, String> typed, CapturedTable table) {
        List<ColumnLine> lines = new ArrayList<>();
        for (int i = 0; typed.containsKey("column" + i); i++) {
            String name = text(typed, "column" + i);
            Column column = table.columns().stream()
                    .filter(one -> one.name().equals(name))
                    .findFirst()
                    .orElseGet(() -> new Column(name, "gone", "text", 0, true));
            boolean key = table.keyColumns().contains(name);
            lines.add(new ColumnLine(
                    i,
                    column,
                    key,
                    key || typed.containsKey("sent" + i),
                    text(typed, "as" + i),
                    text(typed, "mask" + i),
                    text(typed, "value" + i),
                    text(typed, "first" + i),
                    text(typed, "last" + i)));
        }
        List<FieldLine> fields = new ArrayList<>();
        for (int i = 0; typed.containsKey("name" + i); i++) {
            String name = text(typed, "name" + i);
            String expression = text(typed, "expression" + i);
            if (!name.isEmpty() || !expression.isEmpty()) {
                fields.add(new FieldLine(fields.size(), name, expression));
            }
        }
        return new ShapingForm(
                !text(typed, "which").equals("chosen"),
                lines,
                text(typed, "filter"),
                padded(fields),
                number(text(typed, "version"), 0));
    }

    private static String text(MultiValueMap<String, String> typed, String name) {
        String value = typed.getFirst(name);
        return value == null ? "" : value.strip();
    }

    private static @Nullable Integer number(String text) {
        return text.isEmpty() ? null : (Integer) number(text, -1);
    }

    private static int number(String text, int otherwise) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    Shaping shaping() {
        List<String> only = all
                ? null
                : columns.stream()
                        .filter(line -> line.sent())
                        .map(line -> line.column().name())
                        .toList();
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, Mask> masks = new LinkedHashMap<>();
        for (ColumnLine line : columns) {
            String name = line.column().name();
            if (!line.as().isEmpty() && !line.as().equals(name)) {
                names.put(name, line.as());
            }
            if (!line.mask().isEmpty()) {
                masks.put(name, mask(line));
            }
        }
        List<Computed> computed = fields.stream()
                .filter(field -> !field.name().isEmpty() || !field.expression().isEmpty())
                .map(field -> new Computed(field.name(), field.expression()))
                .toList();
        return new Shaping(only, names, masks, filter, computed);
    }

    /** What belongs to another kind than the chosen one is left out: it may be a rest of an earlier choice. */
    private static Mask mask(ColumnLine line) {
        Mask.Kind kind = Mask.Kind.valueOf(line.mask());
        return switch (kind) {
            case CONSTANT -> new Mask(kind, constant(line), null, null);
            case PARTIAL -> new Mask(kind, null, number(line.first()), number(line.last()));
            case DROP, NULL, HASH -> Mask.of(kind);
        };
    }

    /** A number or a truth value where the column holds such, so that the field's type stays. */
    private static Object constant(ColumnLine line) {
        String text = line.value();
        return switch (line.column().typeName()) {
            case "int2", "int4", "int8" -> text.matches("-?\\d{1,18}") ? (Object) Long.valueOf(text) : text;
            case "bool" -> text.equals("true") || text.equals("false") ? (Object) Boolean.valueOf(text) : text;
            default -> text;
        };
    }

    /** Returns the findings by the id of the place on the page that shows them. */
    Map<String, List<ShapingFinding>> places(List<ShapingFinding> findings) {
        Map<String, List<ShapingFinding>> places = new LinkedHashMap<>();
        places.put("at-all", new ArrayList<>());
        columns.forEach(line -> places.put("at-column" + line.index(), new ArrayList<>()));
        places.put("at-filter", new ArrayList<>());
        fields.forEach(field -> places.put("at-field" + field.index(), new ArrayList<>()));
        for (ShapingFinding finding : findings) {
            places.getOrDefault(place(finding.at()), places.getOrDefault("at-all", new ArrayList<>()))
                    .add(finding);
        }
        return places;
    }

    private String place(String at) {
        if (at.equals("filter")) {
            return "at-filter";
        }
        if (at.startsWith("computed.")) {
            return "at-field" + at.split("\\.")[1];
        }
        String column = at.substring(at.indexOf('.') + 1);
        return columns.stream()
                .filter(line -> line.column().name().equals(column))
                .map(line -> "at-column" + line.index())
                .findFirst()
                .orElse("at-all");
    }
}
