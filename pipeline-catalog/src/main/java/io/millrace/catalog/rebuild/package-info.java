/** Rebuilding what a sink holds of a table, as the catalog has it: what was asked for, how far it is. Knows no particular sink. */
@NullMarked
package io.millrace.catalog.rebuild;

import org.jspecify.annotations.NullMarked;
