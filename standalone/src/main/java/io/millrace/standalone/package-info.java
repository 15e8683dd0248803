/** The three apps in one process and the command line that starts, asks and stops them. Knows no rows, topics or sinks. */
@NullMarked
package io.millrace.standalone;

import org.jspecify.annotations.NullMarked;
