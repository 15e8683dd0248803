/**
 * Looks at a source before anything is changed there: what tables it holds, and what stands in the way of capturing them. Plain JDBC;
 * knows nothing of who asks.
 */
@NullMarked
package io.millrace.catalog.preflight;

import org.jspecify.annotations.NullMarked;
