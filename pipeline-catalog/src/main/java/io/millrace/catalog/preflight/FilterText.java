package io.millrace.catalog.preflight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a filter character by character, as PostgreSQL's lexer does (documentation, section 4.1), and refuses whatever could end
 * the parentheses that it is put in, or begin a query of its own. What is left is one expression, or nothing that PostgreSQL takes.
 */
final class FilterText {

    /** A called function; without a schema where none is written. */
    record Call(@Nullable String schema, String name) {}

    /** What a word before a parenthesis may be without being a function. */
    private static final Set<String> SYNTAX = Set.of(
            "in",
            "and",
            "or",
            "not",
            "any",
            "all",
            "some",
            "between",
            "like",
            "ilike",
            "to",
            "row",
            "array",
            "cast",
            "is",
            "case",
            "when",
            "then",
            "else",
            "from",
            "for",
            "distinct",
            "symmetric",
            "escape",
            "similar");

    private static final Set<String> QUERIES = Set.of(
            "select", "values", "table", "exists", "insert", "update", "delete", "merge", "into", "union", "over");

    private final String text;
    private final StringBuilder jdbc = new StringBuilder();
    private final List<Call> calls = new ArrayList<>();
    private int at;
    private int depth;
    private @Nullable String schema;
    private @Nullable String word;

    private FilterText(String text) {
        this.text = text;
    }

    /** A filter that is one expression, if it is SQL at all. */
    record Accepted(String jdbc, List<Call> calls) {}

    /** @throws Refused with a sentence for people */
    static Accepted read(String text) throws Refused {
        FilterText reader = new FilterText(text);
        reader.read();
        return new Accepted(reader.jdbc.toString(), List.copyOf(reader.calls));
    }

    /** Why a filter is not taken. */
    static final class Refused extends Exception {
        Refused(String message) {
            super(message);
        }
    }

    private void read() throws Refused {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (Character.isWhitespace(c)) {
                jdbc.append(c);
                at++;
            } else if (c == '\'') {
                quoted('\'');
                forget();
            } else if (c == '"') {
                int from = at + 1;
                quoted('"');
                name(text.substring(from, at - 1).replace("\"\"", "\""));
            } else if (Character.isLetter(c) || c == '_') {
                word();
            } else {
                sign(c);
            }
        }
        if (depth != 0) {
            throw new Refused("A parenthesis is not closed.");
        }
    }

    private void quoted(char quote) throws Refused {
        int from = at++;
        while (at < text.length()) {
            boolean end = text.charAt(at) == quote;
            if (end && at + 1 < text.length() && text.charAt(at + 1) == quote) {
                at++;
            } else if (end) {
                at++;
                jdbc.append(text, from, at);
                return;
            }
            at++;
        }
        throw new Refused("A quote is not closed.");
    }

    private void word() throws Refused {
        int from = at;
        while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        String found = text.substring(from, at).toLowerCase(Locale.ROOT);
        boolean quoteFollows = at < text.length() && (text.charAt(at) == '\'' || text.charAt(at) == '&');
        if (quoteFollows && (found.equals("e") || found.equals("u"))) {
            throw new Refused("Strings with escapes (E'…', U&'…') are not taken; write the characters themselves.");
        }
        if (QUERIES.contains(found)) {
            throw new Refused("A filter holds no query; '" + found + "' is not taken. Quote it where it is a column.");
        }
        jdbc.append(text, from, at);
        name(found);
    }

    private void name(String name) {
        schema = schema != null && schema.isEmpty() ? word : null;
        word = name;
    }

    private void forget() {
        schema = null;
        word = null;
    }

    private void sign(char c) throws Refused {
        boolean comment = text.startsWith("--", at) || text.startsWith("/*", at);
        if (comment || c == ';' || c == '$' || c == '{' || c == '}' || c == '\\' || Character.isISOControl(c)) {
            throw new Refused("A filter is one condition: no comment, no semicolon, no parameter. "
                    + (comment ? "A comment begins" : "'" + c + "' stands") + " at character " + (at + 1) + ".");
        }
        if (c == '(') {
            depth++;
            if (word != null && !SYNTAX.contains(word)) {
                calls.add(new Call(schema, word));
            }
        } else if (c == ')' && --depth < 0) {
            throw new Refused("A parenthesis is closed that was not opened, at character " + (at + 1) + ".");
        }
        if (c == '.' && word != null) {
            // what follows is a name of this schema or table
            schema = "";
        } else {
            forget();
        }
        // the driver takes a single question mark for a parameter
        jdbc.append(c == '?' ? "??" : String.valueOf(c));
        at++;
    }
}
