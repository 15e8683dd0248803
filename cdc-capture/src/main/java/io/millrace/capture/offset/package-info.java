/** Keeps how far capture is: stored first, told to the slot after. Knows no Debezium. */
@NullMarked
package io.millrace.capture.offset;

import org.jspecify.annotations.NullMarked;
