package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.shaping.TableShaping.RowRefused;
import io.millrace.sync.sink.Change;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/** From records to changes. */
final class RecordReader {

    private static final Logger log = LoggerFactory.getLogger(RecordReader.class);

    private final ChangeEventRecords records = new ChangeEventRecords();
    private final PipelineCatalog catalog;
    private final DeliveryMetrics metrics;
    private final SinkShaping shaping;
    /** The table in the newest schema version seen here, where that is ahead of the regular look at the catalog. */
    private final Map<Long, CapturedTable> newer = new ConcurrentHashMap<>();

    RecordReader(PipelineCatalog catalog, DeliveryMetrics metrics, SinkShaping shaping) {
        this.catalog = catalog;
        this.metrics = metrics;
        this.shaping = shaping;
    }

    /**
     * Reads a batch.
     *
     * @throws io.millrace.catalog.shaping.ShapingException if the binding's shaping does not fit the table; the binding is FAILED then
     */
    PartitionBatch read(
            TopicPartition partition, Route route, long expected, List<ConsumerRecord<byte[], byte[]>> batch) {
        List<Received> received = new ArrayList<>(batch.size());
        List<DeadLetter> malformed = new ArrayList<>(0);
        int tombstones = 0;
        CapturedTable table = known(route.table());
        TableShaping shape = shaping.of(table, route.binding());
        Instant polled = Instant.now();
        for (ConsumerRecord<byte[], byte[]> record : batch) {
            try {
                ChangeEvent event = records.read(record);
                if (event == null) {
                    tombstones++;
                    continue;
                }
                if (event.schemaVersion() > table.schemaVersion()) {
                    table = refreshed(table);
                    shape = shaping.of(table, route.binding());
                }
                shape = shaping.of(table, route.binding(), event, polled, shape);
                if (shape == null) {
                    received.add(new Received(new Change(table, event), record));
                    continue;
                }
                TableShaping by = shape;
                shape.change(event, record).ifPresent(change -> received.add(new Received(change, record, by)));
            } catch (MalformedEventException e) {
                String cause = String.valueOf(e.getMessage());
                malformed.add(shape == null ? new DeadLetter(record, null, cause) : shape.deadLetter(record, cause));
            } catch (RowRefused e) {
                malformed.add(Objects.requireNonNull(shape).deadLetter(record, String.valueOf(e.getMessage())));
            }
        }
        metrics.tombstones(tombstones);
        long next = batch.get(batch.size() - 1).offset() + 1;
        return new PartitionBatch(partition, route, expected, next, received, malformed, batch.size());
    }

    private CapturedTable known(CapturedTable table) {
        CapturedTable ahead = newer.get(table.id());
        return ahead != null && ahead.schemaVersion() > table.schemaVersion() ? ahead : table;
    }

    /** Capture records a new schema before it publishes under it, so the catalog has it by now. */
    private CapturedTable refreshed(CapturedTable table) {
        try {
            CapturedTable found = catalog.table(table.id()).orElse(table);
            newer.put(table.id(), found);
            return found;
        } catch (DataAccessException e) {
            log.warn("The new columns of {} cannot be looked up: {}", table.table(), e.getMessage());
            return table;
        }
    }
}
