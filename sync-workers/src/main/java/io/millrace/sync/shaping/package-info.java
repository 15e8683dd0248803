/**
 * Between reading and writing: what a sink gets of a table, where its binding declares that. Knows no particular sink; a binding without
 * a declaration costs one comparison per batch.
 */
@NullMarked
package io.millrace.sync.shaping;

import org.jspecify.annotations.NullMarked;
