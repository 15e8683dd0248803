package io.millrace.sync.sink.elasticsearch;

import org.jspecify.annotations.Nullable;

/**
 * Where a table's changes are written.
 *
 * @param alias what readers use
 * @param live what writers call the index behind it
 * @param mirror what they call the index that is kept equal beside it during a rebuild; null when there is none
 */
record Placement(String alias, String live, @Nullable String mirror) {}
