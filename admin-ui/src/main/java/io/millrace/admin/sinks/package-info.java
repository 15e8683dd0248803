/** Which sinks tables can go to, and the pausing of single bindings. */
@NullMarked
package io.millrace.admin.sinks;

import org.jspecify.annotations.NullMarked;
