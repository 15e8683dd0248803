/**
 * Compares every row of a source table with what the sinks and the history hold. PostgreSQL itself casts the sinks' values back and
 * decides, so nothing of the pipeline's own encoding is trusted.
 */
@NullMarked
package io.millrace.e2e.comparison;

import org.jspecify.annotations.NullMarked;
