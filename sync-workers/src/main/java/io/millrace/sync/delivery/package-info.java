/**
 * From Kafka to any sink: reading positions, batching, coalescing, backoff, pausing, rejecting, offsets, metrics and health, once for
 * all sinks. Knows no particular sink.
 */
@NullMarked
package io.millrace.sync.delivery;

import org.jspecify.annotations.NullMarked;
