package io.millrace.catalog.shaping;

import io.millrace.catalog.Column;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What columns are called in expressions. */
public final class Variables {

    /** CEL's reserved words, its literals and the names of its types. */
    private static final Set<String> TAKEN = Set.of(
            "as",
            "break",
            "const",
            "continue",
            "else",
            "false",
            "for",
            "function",
            "if",
            "import",
            "in",
            "let",
            "loop",
            "package",
            "namespace",
            "null",
            "return",
            "true",
            "var",
            "void",
            "while",
            "bool",
            "bytes",
            "double",
            "dyn",
            "int",
            "list",
            "map",
            "null_type",
            "string",
            "type",
            "uint",
            "decimal",
            "google",
            "cel");

    private Variables() {}

    /**
     * Returns a column's name in expressions: its own where CEL can write it; else with {@code _} for every character that CEL does not
     * take in names, before a leading digit, and behind a word that CEL needs itself.
     */
    public static String of(String column) {
        StringBuilder name = new StringBuilder(column.length() + 1);
        for (int i = 0; i < column.length(); i++) {
            char c = column.charAt(i);
            boolean digit = c >= '0' && c <= '9';
            if (digit && i == 0) {
                name.append('_');
            }
            name.append(digit || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' ? c : '_');
        }
        return TAKEN.contains(name.toString()) ? name.append('_').toString() : name.toString();
    }

    /** Returns the columns by what they are called; of two that would be called the same the one that is, else the first. */
    static Map<String, Column> byName(Collection<Column> columns) {
        Map<String, Column> names = new LinkedHashMap<>();
        columns.stream()
                .filter(column -> of(column.name()).equals(column.name()))
                .forEach(column -> names.put(column.name(), column));
        columns.forEach(column -> names.putIfAbsent(of(column.name()), column));
        return names;
    }

    /** Returns the type of a column in expressions, for people. */
    public static String typeOf(Column column) {
        return ColumnType.word(column);
    }
}
