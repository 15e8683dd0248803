/** Measurements of the whole pipeline, of a process of its own with the heap that people get. Knows it from outside only. */
@NullMarked
package io.millrace.benchmarks;

import org.jspecify.annotations.NullMarked;
