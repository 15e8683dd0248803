package io.millrace.admin.history;

import io.millrace.admin.history.FieldChange.Side;
import io.millrace.event.ChangeEventCodec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One event, made ready for a page: key and actor in words, columns side by side. */
record EventView(
        HistoryEvent event,
        @Nullable String keyWords,
        @Nullable String keyPath,
        List<FieldChange> changed,
        List<FieldChange> unchanged) {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    static EventView of(HistoryEvent event, List<String> keyColumns, List<String> columnOrder) {
        String key = event.key();
        List<FieldChange> changed = new ArrayList<>();
        List<FieldChange> unchanged = new ArrayList<>();
        for (FieldChange field : fields(event, columnOrder)) {
            (field.changed() ? changed : unchanged).add(field);
        }
        return new EventView(
                event,
                key == null ? null : KeyText.words(key, keyColumns),
                key == null ? null : KeyText.encoded(key, keyColumns),
                changed,
                unchanged);
    }

    private static List<FieldChange> fields(HistoryEvent event, List<String> columnOrder) {
        JsonNode before = tree(event.before());
        JsonNode after = tree(event.after());
        // jsonb does not keep the order of columns: the table's own order comes first
        Set<String> columns = new LinkedHashSet<>(columnOrder);
        Set<String> held = new LinkedHashSet<>();
        if (after != null) {
            held.addAll(after.propertyNames());
        }
        if (before != null) {
            held.addAll(before.propertyNames());
        }
        // a masked column that was left out changed nonetheless
        event.maskedColumns().stream().filter(event.changedColumns()::contains).forEach(held::add);
        columns.retainAll(held);
        columns.addAll(held);
        boolean rowBefore = !List.of("create", "read", "truncate", "gap").contains(event.operation());
        boolean rowAfter = !List.of("delete", "truncate").contains(event.operation());
        List<FieldChange> fields = new ArrayList<>();
        for (String column : columns) {
            boolean unavailable = event.unavailableColumns().contains(column);
            Side old = side(rowBefore, before, column, false);
            Side now = side(rowAfter, after, column, unavailable);
            boolean changed =
                    switch (event.operation()) {
                        case "create", "read", "gap" -> now.kind() == Side.Kind.VALUE;
                        case "delete" -> old.kind() != Side.Kind.UNSENT;
                        default ->
                            event.changedColumns().contains(column)
                                    || event.beforeCompleteness().equals("FULL")
                                            && old.kind() != Side.Kind.UNSENT
                                            && now.kind() != Side.Kind.UNSENT
                                            && !old.equals(now);
                    };
            fields.add(new FieldChange(
                    column, old, now, changed, event.maskedColumns().contains(column)));
        }
        return fields;
    }

    private static Side side(boolean row, @Nullable JsonNode image, String column, boolean unavailable) {
        if (!row) {
            return Side.ABSENT;
        }
        JsonNode value = image == null ? null : image.get(column);
        if (value == null
                || unavailable
                || value.isString() && value.stringValue().equals(ChangeEventCodec.UNAVAILABLE)) {
            return Side.UNSENT;
        }
        return value.isNull() ? new Side(null, Side.Kind.NULL) : new Side(text(value), Side.Kind.VALUE);
    }

    private static String text(JsonNode value) {
        if (!value.isString()) {
            return value.isContainer() ? value.toPrettyString() : value.toString();
        }
        String text = value.stringValue();
        boolean perhapsJson = text.length() > 1 && (text.startsWith("{") || text.startsWith("["));
        if (perhapsJson) {
            try {
                return JSON.readTree(text).toPrettyString();
            } catch (JacksonException e) {
                return text;
            }
        }
        return text;
    }

    private static @Nullable JsonNode tree(@Nullable String json) {
        return json == null ? null : JSON.readTree(json);
    }

    /** Returns a table's name in one word. */
    public String tableName() {
        return event.schema() + "." + event.table();
    }

    /** Returns what happened, as a past participle. */
    public String verb() {
        return switch (event.operation()) {
            case "create" -> "created";
            case "update" -> "updated";
            case "delete" -> event.isFoundMissing() ? "found missing" : "deleted";
            case "read" -> "read by snapshot";
            case "truncate" -> "table emptied";
            case "gap" -> "changes may be missing";
            default -> event.operation();
        };
    }

    /** Returns the colour of its pill. */
    public String tone() {
        return switch (event.operation()) {
            case "create" -> "ok";
            case "delete", "truncate", "gap" -> "bad";
            case "read" -> "idle";
            default -> "run";
        };
    }

    /** Returns in one line which columns changed. */
    public String summary() {
        return switch (event.operation()) {
            case "update" -> {
                if (!changed.isEmpty()) {
                    yield String.join(
                            ", ", changed.stream().map(FieldChange::column).toList());
                }
                yield event.beforeCompleteness().equals("FULL") ? "no column differs" : "columns not known";
            }
            case "truncate" -> "all rows";
            case "gap" -> "a new epoch began";
            default -> changed.size() + " columns";
        };
    }

    /** Returns what the columns are that are not shown side by side. */
    public String restWords() {
        return switch (event.operation()) {
            case "create", "read", "gap" -> "without a value";
            case "delete" -> "that were not sent";
            default -> event.beforeCompleteness().equals("FULL") ? "unchanged" : "as they are since";
        };
    }

    /** Returns who did it, where the application said so; null where it did not. */
    public @Nullable String actorWords() {
        JsonNode actor = tree(event.actor());
        if (actor == null) {
            return null;
        }
        if (actor.isString()) {
            return actor.stringValue();
        }
        for (String name : List.of("actor", "user", "name", "id", "service")) {
            JsonNode value = actor.get(name);
            if (value != null && value.isString()) {
                return value.stringValue();
            }
        }
        return actor.toString();
    }

    public @Nullable String actorJson() {
        JsonNode actor = tree(event.actor());
        return actor == null ? null : actor.toPrettyString();
    }

    /** Returns the columns whose values were recorded masked, in words; null where there are none. */
    public @Nullable String maskedWords() {
        return event.maskedColumns().isEmpty() ? null : String.join(", ", event.maskedColumns());
    }

    /** Returns what is not known of the row before, and why; null where all is. */
    public @Nullable String gap() {
        if (event.isFoundMissing()) {
            return "Nobody was seen deleting it: a sink still held the row, and when it was looked for, the source had none"
                    + " under this key.";
        }
        if (!event.operation().equals("update") && !event.operation().equals("delete")) {
            return null;
        }
        return switch (event.beforeCompleteness()) {
            case "FULL" -> null;
            case "KEY" -> "Of the row before only the key was sent (replica identity is not FULL).";
            default -> "The row before was not sent (replica identity is not FULL).";
        };
    }
}
