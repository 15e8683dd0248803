package io.millrace.capture.value;

import org.jspecify.annotations.Nullable;

/**
 * A type of a source, domains resolved.
 *
 * @param name {@code pg_type.typname} of the base type
 * @param element of an array the type of its elements; else null
 * @param delimiter between elements of an array of this type
 */
public record PgType(String name, @Nullable PgType element, char delimiter) {}
