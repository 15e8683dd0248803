/** The change history: every change once, in {@code millrace.change_log}, with the offset it was read at. */
@NullMarked
package io.millrace.sync.sink.audit;

import org.jspecify.annotations.NullMarked;
