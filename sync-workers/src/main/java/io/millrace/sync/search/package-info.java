/** Searches the sinks, after a snapshot, for rows that it did not find, and has capture read those again. Deletes nothing itself. */
@NullMarked
package io.millrace.sync.search;

import org.jspecify.annotations.NullMarked;
