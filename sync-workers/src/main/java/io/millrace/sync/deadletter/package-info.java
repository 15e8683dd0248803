/** Records that a sink can never take: kept for people, in the catalog and in a topic. Knows no sink. */
@NullMarked
package io.millrace.sync.deadletter;

import org.jspecify.annotations.NullMarked;
