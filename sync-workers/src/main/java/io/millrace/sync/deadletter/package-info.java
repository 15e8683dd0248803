/**
 * Changes that a sink was not given: records that it can never take, kept for people, in the catalog and in a topic; and rows that are
 * awaited whole. Knows no sink.
 */
@NullMarked
package io.millrace.sync.deadletter;

import org.jspecify.annotations.NullMarked;
