/** What capture is asked to read, and how far it is: snapshots of tables, single rows, searches of sinks. Knows nothing of how it reads. */
@NullMarked
package io.millrace.catalog.snapshot;

import org.jspecify.annotations.NullMarked;
