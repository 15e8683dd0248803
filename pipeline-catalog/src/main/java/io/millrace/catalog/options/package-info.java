/**
 * What a DBA may say of one table in one sink: the members of a binding's options that the sinks themselves read. Checked here, once,
 * for the console that stores them and the workers that follow them.
 */
@NullMarked
package io.millrace.catalog.options;

import org.jspecify.annotations.NullMarked;
