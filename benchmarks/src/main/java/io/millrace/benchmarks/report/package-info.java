/** Figures over several runs, and how they are shown and kept. */
@NullMarked
package io.millrace.benchmarks.report;

import org.jspecify.annotations.NullMarked;
