package io.millrace.catalog.shaping;

/**
 * A field that the source does not have.
 *
 * @param name what it is called in the sink
 * @param expression CEL over the table's columns
 */
public record Computed(String name, String expression) {}
