package io.millrace.capture.engine;

import io.millrace.capture.publish.TopicAdmin;
import io.millrace.capture.snapshot.SnapshotContext;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SourceGaps;
import java.util.Map;
import javax.sql.DataSource;

/**
 * What the captures of all sources of this process share.
 *
 * @param platform the platform database
 * @param producer connection settings, as Kafka's producer takes them
 */
record CaptureContext(
        DataSource platform,
        PipelineCatalog catalog,
        Offsets offsets,
        SourceGaps gaps,
        TopicAdmin topics,
        Map<String, Object> producer,
        CaptureProperties properties,
        CaptureStatus status,
        SnapshotContext snapshots) {}
