/** Measures each sink alone on a backlog in Kafka, against the fastest way to write the same thing: its floor. */
@NullMarked
package io.millrace.benchmarks.sinks;

import org.jspecify.annotations.NullMarked;
