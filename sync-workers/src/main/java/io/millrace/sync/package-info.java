/** The workers: from Kafka to the sinks. Each package below is a feature; they meet here only. */
@NullMarked
package io.millrace.sync;

import org.jspecify.annotations.NullMarked;
