/** Redis: the row as JSON under a key of its own, written only when it is newer. */
@NullMarked
package io.millrace.sync.sink.redis;

import org.jspecify.annotations.NullMarked;
