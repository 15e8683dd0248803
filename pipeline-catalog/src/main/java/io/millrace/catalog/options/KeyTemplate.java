package io.millrace.catalog.options;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How the key of a row's entry is made: text with {@code {source}}, {@code {schema}}, {@code {table}}, {@code {key}} (all key columns,
 * joined by commas) or a key column's name in braces. Values are percent-encoded, so that what stands between them tells them apart.
 *
 * <p>Immutable and thread-safe.
 */
public final class KeyTemplate {

    /** What DESIGN promises where nothing else is said. */
    public static final String DEFAULT = "{source}:{schema}.{table}:{key}";

    private static final Pattern PART = Pattern.compile("\\{([^{}]*)}|[^{}]+");
    private static final Set<String> OF_THE_TABLE = Set.of("source", "schema", "table");
    /** Holds a character that no encoded value holds. */
    private static final Pattern SEPARATOR = Pattern.compile(".*[^A-Za-z0-9._~%,\\-].*", Pattern.DOTALL);

    private final String text;
    private final List<Part> parts;

    /** A template that its table has outlived. The message says what to do. */
    public static final class NoSuchColumnException extends RuntimeException {

        NoSuchColumnException(String message) {
            super(message);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }

    /** Text as it is, or the name in braces. */
    private record Part(boolean literal, String text) {}

    private KeyTemplate(String text, List<Part> parts) {
        this.text = text;
        this.parts = parts;
    }

    public static KeyTemplate of(String text) {
        List<Part> parts = new ArrayList<>();
        Matcher matcher = PART.matcher(text);
        while (matcher.find()) {
            String name = matcher.group(1);
            parts.add(name == null ? new Part(true, matcher.group()) : new Part(false, name));
        }
        return new KeyTemplate(text, List.copyOf(parts));
    }

    /** Tells whether key columns are named one by one. */
    public boolean namesColumns() {
        return parts.stream()
                .anyMatch(part -> !part.literal()
                        && !OF_THE_TABLE.contains(part.text())
                        && !part.text().equals("key"));
    }

    /** Returns what all keys of a table begin with: everything before the first value of the row's key. */
    public String prefix(String source, TableId table) {
        StringBuilder prefix = new StringBuilder();
        for (Part part : parts) {
            if (!part.literal() && !OF_THE_TABLE.contains(part.text())) {
                break;
            }
            prefix.append(part.literal() ? part.text() : ofTable(part.text(), source, table));
        }
        return prefix.toString();
    }

    /**
     * Returns the key of a row's entry.
     *
     * @param keyColumns the table's own names of them, in the key's order, whatever a sink calls them
     * @throws NoSuchColumnException if the template names a column that is not of the key: {@link OptionsCheck} refuses that, but the
     *     column may have been renamed since
     */
    public String key(String source, TableId table, List<String> keyColumns, RowKey row) {
        StringBuilder key = new StringBuilder();
        List<String> values = null;
        for (Part part : parts) {
            if (part.literal()) {
                key.append(part.text());
            } else if (OF_THE_TABLE.contains(part.text())) {
                key.append(ofTable(part.text(), source, table));
            } else if (part.text().equals("key")) {
                key.append(row.encoded());
            } else {
                values = values == null ? row.values() : values;
                int index = keyColumns.indexOf(part.text());
                if (index < 0 || index >= values.size()) {
                    throw new NoSuchColumnException("{" + part.text() + "} in the key template " + text
                            + " is no key column of " + table + " any more: change the template in the table's Redis"
                            + " options, then activate the binding");
                }
                key.append(RowKey.percentEncode(values.get(index)));
            }
        }
        return key.toString();
    }

    /**
     * Returns from the key of an entry what {@link RowKey#encoded()} is for its row; empty where no row of the table has that key.
     *
     * @param keyColumns as for {@link #key}
     */
    public Optional<String> encoded(String source, TableId table, List<String> keyColumns, String key) {
        StringBuilder pattern = new StringBuilder();
        List<String> names = new ArrayList<>();
        for (Part part : parts) {
            if (part.literal() || OF_THE_TABLE.contains(part.text())) {
                pattern.append(Pattern.quote(part.literal() ? part.text() : ofTable(part.text(), source, table)));
            } else {
                pattern.append(part.text().equals("key") ? "([A-Za-z0-9._~%,\\-]*)" : "([A-Za-z0-9._~%\\-]*)");
                names.add(part.text());
            }
        }
        Matcher matcher = Pattern.compile(pattern.toString()).matcher(key);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        int whole = names.indexOf("key");
        if (whole >= 0) {
            return Optional.of(matcher.group(whole + 1));
        }
        List<String> values = new ArrayList<>();
        for (String column : keyColumns) {
            int index = names.indexOf(column);
            if (index < 0) {
                return Optional.empty();
            }
            values.add(matcher.group(index + 1));
        }
        return Optional.of(String.join(",", values));
    }

    private static String ofTable(String name, String source, TableId table) {
        return switch (name) {
            case "source" -> source;
            case "schema" -> RowKey.percentEncode(table.schema());
            default -> RowKey.percentEncode(table.table());
        };
    }

    /** Returns why the usual keys would be mixed with those of another table, which has a template of its own; empty if they would not. */
    static Optional<String> checkDefault(CapturedTable table, List<CapturedTable> others) {
        KeyTemplate template = of(DEFAULT);
        return template.clash(template.prefix(table.source(), table.table()), table, others);
    }

    /** Returns why rows could share a key, of this table or with others; empty if they cannot. */
    static Optional<String> check(String text, CapturedTable table, List<CapturedTable> others) {
        KeyTemplate template = of(text);
        String braces = text.replaceAll("\\{[^{}]*}", "");
        if (braces.contains("{") || braces.contains("}")) {
            return Optional.of(
                    "A brace stands alone: braces hold the name of a key column, or source, schema, table, key.");
        }
        Set<String> named = new HashSet<>();
        for (Part part : template.parts) {
            if (!part.literal()) {
                named.add(part.text());
                if (!OF_THE_TABLE.contains(part.text())
                        && !part.text().equals("key")
                        && !table.keyColumns().contains(part.text())) {
                    return Optional.of("{" + part.text() + "} is no key column of " + table.table() + "; those are: "
                            + String.join(", ", table.keyColumns()) + ".");
                }
            }
        }
        if (!named.contains("key") && !named.containsAll(table.keyColumns())) {
            return Optional.of("Rows would share keys: name every key column (" + String.join(", ", table.keyColumns())
                    + "), or {key} for all.");
        }
        if (!template.isSeparated()) {
            return Optional.of("Between two values must stand a character that no value holds, such as a colon.");
        }
        String prefix = template.prefix(table.source(), table.table());
        if (prefix.isEmpty()) {
            return Optional.of("The key must begin with text of its own or with {table}, so that tables do not mix.");
        }
        if (prefix.startsWith("millrace:")) {
            return Optional.of("Keys that begin with millrace: are Millrace's own.");
        }
        return template.clash(prefix, table, others);
    }

    /** What names the table is the same in all of its keys: only values of the row have to be told apart. */
    private boolean isSeparated() {
        boolean afterValue = false;
        for (Part part : parts) {
            if (part.literal()) {
                afterValue = afterValue && !SEPARATOR.matcher(part.text()).matches();
            } else if (!OF_THE_TABLE.contains(part.text())) {
                if (afterValue) {
                    return false;
                }
                afterValue = true;
            }
        }
        return true;
    }

    private Optional<String> clash(String prefix, CapturedTable table, List<CapturedTable> others) {
        for (CapturedTable other : others) {
            boolean inRedis =
                    other.sinks().stream().anyMatch(binding -> binding.sink().equals(RedisOptions.SINK));
            if (other.id() != table.id() && inRedis) {
                String theirs = RedisOptions.of(other).key().prefix(other.source(), other.table());
                if (theirs.startsWith(prefix) || prefix.startsWith(theirs)) {
                    return Optional.of("Keys of " + other.source() + "." + other.table() + " begin with " + theirs
                            + ", those of " + table.table() + " with " + prefix
                            + ": choose a beginning that neither shares, for either table.");
                }
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return text;
    }
}
