package io.millrace.catalog;

/**
 * A sink that workers run, as pages show it.
 *
 * @param name in bindings, metrics and offsets
 * @param title as people write it
 * @param purpose what it is for, a sentence; may be empty
 * @param needsKey whether it tells rows apart, and so takes only tables with a key
 */
public record SinkDescription(String name, String title, String purpose, boolean needsKey) {}
