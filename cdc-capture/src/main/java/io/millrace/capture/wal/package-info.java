/** What PostgreSQL sends over a replication connection: pgoutput's messages and the frames they travel in. Knows nothing of who publishes them. */
@NullMarked
package io.millrace.capture.wal;

import org.jspecify.annotations.NullMarked;
