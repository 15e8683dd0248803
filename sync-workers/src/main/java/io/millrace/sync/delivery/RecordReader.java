package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private final Repetitions repetitions;
    /** The table in the newest schema version seen here, where that is ahead of the regular look at the catalog. */
    private final Map<Long, CapturedTable> newer = new ConcurrentHashMap<>();

    RecordReader(PipelineCatalog catalog, DeliveryMetrics metrics, Repetitions repetitions) {
        this.catalog = catalog;
        this.metrics = metrics;
        this.repetitions = repetitions;
    }

    PartitionBatch read(
            TopicPartition partition, Route route, Place place, List<ConsumerRecord<byte[], byte[]>> batch) {
        Repetitions.Sequence sequence = repetitions.at(partition, place.next());
        PartitionBatch read = read(partition, route, place, batch, sequence);
        repetitions.read(partition, read.next(), sequence);
        return read;
    }

    /** Reads a record that was a dead letter: older than where the sink stands, and yet no repetition. */
    PartitionBatch again(TopicPartition partition, Route route, Place place, ConsumerRecord<byte[], byte[]> record) {
        return read(partition, route, place, List.of(record), new Repetitions.Sequence(null));
    }

    private PartitionBatch read(
            TopicPartition partition,
            Route route,
            Place place,
            List<ConsumerRecord<byte[], byte[]>> batch,
            Repetitions.Sequence sequence) {
        List<Received> received = new ArrayList<>(batch.size());
        List<DeadLetter> malformed = new ArrayList<>(0);
        int tombstones = 0;
        int repeated = 0;
        CapturedTable table = known(route.table());
        for (ConsumerRecord<byte[], byte[]> record : batch) {
            try {
                ChangeEvent event = records.read(record);
                if (event == null) {
                    tombstones++;
                    continue;
                }
                if (!sequence.isNew(event, record)) {
                    repeated++;
                    continue;
                }
                if (event.schemaVersion() > table.schemaVersion()) {
                    table = refreshed(table);
                }
                received.add(new Received(new Change(table, event), record, place.heldKeys()));
            } catch (MalformedEventException e) {
                malformed.add(new DeadLetter(
                        record,
                        table.source(),
                        table.table(),
                        null,
                        HeldKeys.hash(table, record),
                        DeadLetter.Category.MALFORMED,
                        String.valueOf(e.getMessage()),
                        null));
            }
        }
        metrics.tombstones(tombstones);
        metrics.repeated(repeated);
        long next = batch.get(batch.size() - 1).offset() + 1;
        return new PartitionBatch(
                partition,
                route,
                place.next(),
                next,
                received,
                malformed,
                batch.size(),
                place.next() < place.replayUntil(),
                place.heldKeys());
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
