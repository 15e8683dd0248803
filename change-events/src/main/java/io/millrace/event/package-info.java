/**
 * The contract on the wire: what a change event is, where it stands in its source's order, and how it is read from JSON.
 * Knows neither Kafka nor Spring nor any sink.
 */
@NullMarked
package io.millrace.event;

import org.jspecify.annotations.NullMarked;
