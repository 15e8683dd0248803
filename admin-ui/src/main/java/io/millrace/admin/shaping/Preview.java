package io.millrace.admin.shaping;

import io.millrace.catalog.shaping.ShapingFinding;
import java.util.List;

/**
 * A shaping tried on recent changes.
 *
 * @param findings what is to be said of it; with an error among them no changes are shown
 * @param events the newest first
 */
record Preview(List<ShapingFinding> findings, List<PreviewEvent> events) {}
