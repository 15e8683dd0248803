package io.millrace.capture.snapshot;

import io.micrometer.core.instrument.MeterRegistry;
import io.millrace.capture.publish.TopicAdmin;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.SnapshotRuns;

/**
 * What the snapshots of all sources share.
 *
 * @param chunkRows most rows that are read at a time
 */
public record SnapshotContext(
        PipelineCatalog catalog,
        SnapshotRuns runs,
        Rereads rereads,
        Offsets offsets,
        TopicAdmin topics,
        MeterRegistry meters,
        int chunkRows) {}
