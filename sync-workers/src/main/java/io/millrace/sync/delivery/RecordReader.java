package io.millrace.sync.delivery;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.LetterCauses;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.RowKey;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetter.Category;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.shaping.TableShaping.RowLacking;
import io.millrace.sync.shaping.TableShaping.RowRefused;
import io.millrace.sync.sink.Change;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
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
    private final SinkShaping shaping;
    /** The table in the newest schema version seen here, where that is ahead of the regular look at the catalog. */
    private final Map<Long, CapturedTable> newer = new ConcurrentHashMap<>();

    RecordReader(PipelineCatalog catalog, DeliveryMetrics metrics, Repetitions repetitions, SinkShaping shaping) {
        this.catalog = catalog;
        this.metrics = metrics;
        this.repetitions = repetitions;
        this.shaping = shaping;
    }

    /**
     * Reads a batch.
     *
     * @throws io.millrace.catalog.shaping.ShapingException if the binding's shaping does not fit the table; the binding is FAILED then
     */
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
        List<Received> lacking = new ArrayList<>(0);
        int tombstones = 0;
        int repeated = 0;
        CapturedTable table = known(route.table());
        TableShaping shape = shaping.of(table, route.binding());
        Instant polled = Instant.now();
        Set<@Nullable RowKey> refused = new HashSet<>(0);
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
                    shape = shaping.of(table, route.binding());
                }
                shape = shaping.of(table, route.binding(), event, polled, shape);
                if (shape == null) {
                    received.add(new Received(new Change(table, event), record, place.heldKeys()));
                } else if (isBehind(event, refused)) {
                    malformed.add(letter(table, record, event, Category.BEHIND, LetterCauses.BEHIND, shape));
                } else {
                    TableShaping by = shape;
                    try {
                        by.change(event)
                                .ifPresent(change -> received.add(new Received(change, record, place.heldKeys(), by)));
                    } catch (RowLacking e) {
                        lacking.add(new Received(new Change(table, event), record, place.heldKeys(), by));
                    } catch (RowRefused e) {
                        String cause = String.valueOf(e.getMessage());
                        malformed.add(letter(table, record, event, Category.REJECTED, cause, shape));
                        refused.add(event.key());
                    }
                }
            } catch (MalformedEventException e) {
                malformed.add(letter(table, record, null, Category.MALFORMED, String.valueOf(e.getMessage()), shape));
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
                lacking,
                batch.size(),
                place.rewinds(),
                place.next() < place.replayUntil(),
                place.heldKeys());
    }

    /** The values that it lacks may be those of a row that could not be shaped, and so must not be taken from an earlier one. */
    private static boolean isBehind(ChangeEvent event, Set<@Nullable RowKey> refused) {
        if (refused.isEmpty() || !refused.contains(event.key())) {
            return false;
        }
        if (event.unavailable().isEmpty()) {
            refused.remove(event.key());
            return false;
        }
        return true;
    }

    private static DeadLetter letter(
            CapturedTable table,
            ConsumerRecord<byte[], byte[]> record,
            @Nullable ChangeEvent event,
            Category category,
            String cause,
            @Nullable TableShaping shape) {
        DeadLetter letter = new DeadLetter(
                record, table.source(), table.table(), event, HeldKeys.hash(table, record), category, cause, null);
        return shape == null ? letter : shape.kept(letter);
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
