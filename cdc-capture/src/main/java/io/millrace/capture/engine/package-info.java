/** Runs one embedded Debezium engine per source, and starts it again when it fails. */
@NullMarked
package io.millrace.capture.engine;

import org.jspecify.annotations.NullMarked;
