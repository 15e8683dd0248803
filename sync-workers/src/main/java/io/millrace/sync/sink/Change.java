package io.millrace.sync.sink;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;

/**
 * A change to write.
 *
 * @param table the table as the catalog has it, at least in the event's schema version where the catalog knows that
 * @param event what happened
 */
public record Change(CapturedTable table, ChangeEvent event) {}
