/** The capture app: from PostgreSQL's write-ahead log to Kafka. Each package is a feature; this one only starts them. */
@NullMarked
package io.millrace.capture;

import org.jspecify.annotations.NullMarked;
