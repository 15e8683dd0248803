package io.millrace.catalog.preflight;

import org.jspecify.annotations.Nullable;

/**
 * A type of a source as far as its values are concerned: domains are resolved.
 *
 * @param name {@code pg_type.typname} for types of the system and of extensions; any other behind its schema, {@code sales.mood}, so
 *     that nobody's own {@code int4} is taken for the system's
 * @param element of an array the type of its elements; else null
 * @param delimiter between elements of an array of this type
 */
public record SourceType(String name, @Nullable SourceType element, char delimiter) {

    /** What a type of which nothing is known is taken for: its text is kept as it is. */
    static final SourceType UNKNOWN = new SourceType("text", null, ',');

    /** Returns the name that {@link io.millrace.catalog.Column#typeName()} holds: of an array its element's behind an underscore. */
    public String columnName() {
        return element == null ? name : "_" + element.columnName();
    }

    /** Returns the type that such a name stands for; for a type that the source no longer has. */
    public static SourceType ofColumnName(String name) {
        if (name.startsWith("_")) {
            SourceType element = ofColumnName(name.substring(1));
            return new SourceType(name, element, element.name().equals("box") ? ';' : ',');
        }
        return new SourceType(name, null, ',');
    }
}
