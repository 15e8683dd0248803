/**
 * Makes a sink's copy of a table anew while readers go on: the steps, kept in the catalog so that any worker takes up where another
 * was stopped, and the feed from the topic. Knows no particular sink.
 */
@NullMarked
package io.millrace.sync.rebuild;

import org.jspecify.annotations.NullMarked;
