package io.millrace.e2e.comparison;

import java.util.Set;

/**
 * A row as a sink holds it.
 *
 * @param document a JSON object of columns and canonical values
 * @param unknown columns whose value the sink cannot know; they are not compared
 */
public record StoredRow(String document, Set<String> unknown) {}
