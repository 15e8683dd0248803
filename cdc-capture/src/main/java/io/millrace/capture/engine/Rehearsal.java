package io.millrace.capture.engine;

import io.millrace.capture.publish.RecordSender;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.TableState;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a standby does once, before it is needed: it opens and closes the Kafka clients of a takeover. The first ones of a process take
 * seconds on a busy machine, most of them to load their classes.
 */
final class Rehearsal {

    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);

    private final CaptureContext context;

    Rehearsal(CaptureContext context) {
        this.context = context;
    }

    void of(String source) throws InterruptedException {
        try {
            List<String> topics = context.catalog().tables().stream()
                    .filter(table -> table.source().equals(source) && table.state() == TableState.STREAMING)
                    .map(CapturedTable::topic)
                    .toList();
            context.topics().tails(context.topics().ensure(topics));
            new RecordSender(
                            context.producer(),
                            "millrace-standby-" + source,
                            context.properties().compression())
                    .close();
        } catch (RuntimeException e) {
            // a takeover without it is slower, no more
            LOG.debug("A takeover of {} could not be rehearsed", source, e);
        }
    }
}
