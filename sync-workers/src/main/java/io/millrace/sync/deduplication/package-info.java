/**
 * What guards effects that cannot be taken back: which were tried and which took place, in the table {@code deduplication}; and how far
 * back any sink remembers. Knows neither what Kafka delivers nor what an effect is.
 */
@NullMarked
package io.millrace.sync.deduplication;

import org.jspecify.annotations.NullMarked;
