/** Reads the existing rows of a table in chunks while its changes flow, and places them between watermarks in the stream. */
@NullMarked
package io.millrace.capture.snapshot;

import org.jspecify.annotations.NullMarked;
