/** Capture alone on a backlog in the slot, against PostgreSQL's own client on the same; knows nothing of sinks. */
@NullMarked
package io.millrace.benchmarks.capture;

import org.jspecify.annotations.NullMarked;
