package io.millrace.sync.sink.elasticsearch;

/**
 * An index to write to.
 *
 * @param name what writers call it
 * @param encodesNames whether its fields are called as {@link FieldName} says; one that was made before that was so has its columns' names
 */
record Target(String name, boolean encodesNames) {}
