package io.millrace.sync.sink.elasticsearch;

import org.jspecify.annotations.Nullable;

/**
 * Where a table's changes go: the names that stand for its indexes until the next change of the set.
 *
 * @param alias what readers use
 * @param live the index that readers see
 * @param mirror the one that is kept equal to it; null if there is none
 * @param mirrorFirst whether the mirror is written before the live index, because it is to take its place: it is never behind what
 *     readers have seen. Else it is written behind it: a request that was under way to it at an exchange sees nothing newer there
 */
record Placement(String alias, Target live, @Nullable Target mirror, boolean mirrorFirst) {}
