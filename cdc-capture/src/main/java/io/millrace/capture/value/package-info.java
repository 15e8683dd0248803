/** Turns PostgreSQL's text form of a value into canonical JSON, byte for byte the same for stream and snapshot. Knows no row, no table and no Kafka. */
@NullMarked
package io.millrace.capture.value;

import org.jspecify.annotations.NullMarked;
