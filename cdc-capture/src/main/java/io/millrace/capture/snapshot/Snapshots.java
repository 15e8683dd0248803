package io.millrace.capture.snapshot;

import io.millrace.capture.publish.StreamListener;
import io.millrace.capture.publish.StreamPublisher;
import io.millrace.capture.publish.TableTopic;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import java.util.function.ObjLongConsumer;

/** stub */
public final class Snapshots implements StreamListener, AutoCloseable {
    public Snapshots(Source source, PipelineCatalog catalog, int chunkRows, ObjLongConsumer<CapturedTable> counter) {}

    public void request(CapturedTable table, TableTopic topic, TableSnapshot snapshot) {}

    public boolean isActive(long table) {
        return false;
    }

    public void cancel(long table) {}

    @Override
    public void message(StreamPublisher publisher, long lsn, String prefix, byte[] content) {}

    @Override
    public void changed(TableTopic table, byte[] key, boolean complete) {}

    @Override
    public void truncated(TableTopic table) {}

    public void stop() {}

    @Override
    public void close() {}
}
