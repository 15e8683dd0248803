/**
 * Sends each change to a receiver of somebody else's, as a signed CloudEvent over HTTP, once and in order of its row. Knows neither
 * Kafka nor dead letters.
 */
@NullMarked
package io.millrace.sync.sink.webhook;

import org.jspecify.annotations.NullMarked;
