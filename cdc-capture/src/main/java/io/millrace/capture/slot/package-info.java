/** The slot, the publications and the lock of a source: made when absent, and compared with what was captured before every start. */
@NullMarked
package io.millrace.capture.slot;

import org.jspecify.annotations.NullMarked;
