/**
 * What one sink gets of one table's rows: which columns, under which names, masked how, which rows, and what is computed. Declared,
 * checked and applied here, so that the console's preview and the workers do the same. Knows neither Kafka nor sinks.
 */
@NullMarked
package io.millrace.catalog.shaping;

import org.jspecify.annotations.NullMarked;
