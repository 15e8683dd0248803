/** Change events in Kafka: names of topics, records to events. Knows nothing of sinks or of the catalog. */
@NullMarked
package io.millrace.event.kafka;

import org.jspecify.annotations.NullMarked;
