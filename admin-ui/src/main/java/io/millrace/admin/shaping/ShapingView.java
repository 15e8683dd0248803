package io.millrace.admin.shaping;

import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingFinding;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a sink gets of a table.
 *
 * @param version counts up with every declaration; 0 before the first
 * @param declaredBy user name; null before the first declaration
 * @param warnings what could be saved and may surprise
 * @param snapshot the reading that brings existing rows in line, where one was asked for with it
 */
record ShapingView(
        String sink,
        long table,
        int version,
        Shaping shaping,
        @Nullable String declaredBy,
        @Nullable Instant declaredAt,
        List<ShapingFinding> warnings,
        @Nullable Long snapshot) {}
