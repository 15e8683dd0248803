package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.shaping.TableShaping.RowRefused;
import io.millrace.sync.sink.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads a table's topic beside the consumers that deliver it: in no group, from where it is told, to where it is told. Confined to
 * one thread.
 */
final class TopicReader implements AutoCloseable {

    private static final Duration WAIT = Duration.ofMillis(300);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final ChangeEventRecords records = new ChangeEventRecords();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final PipelineCatalog catalog;
    private final String topic;
    private final SinkShaping shaping;
    private final String sink;
    private CapturedTable table;
    private long refused;

    TopicReader(
            Map<String, Object> settings,
            PipelineCatalog catalog,
            CapturedTable table,
            SinkShaping shaping,
            String sink) {
        this.shaping = shaping;
        this.sink = sink;
        this.consumer = new KafkaConsumer<>(settings);
        this.catalog = catalog;
        this.table = table;
        this.topic = table.topic();
    }

    /** Returns the first offset that is still there, by partition. */
    Map<Integer, Long> begin() {
        return byPartition(consumer.beginningOffsets(partitions(), PATIENCE));
    }

    /** Returns the offset behind the last record, by partition. */
    Map<Integer, Long> end() {
        return byPartition(consumer.endOffsets(partitions(), PATIENCE));
    }

    private List<TopicPartition> partitions() {
        return consumer.partitionsFor(topic, PATIENCE).stream()
                .map(info -> new TopicPartition(topic, info.partition()))
                .toList();
    }

    private static Map<Integer, Long> byPartition(Map<TopicPartition, Long> offsets) {
        Map<Integer, Long> found = new HashMap<>();
        offsets.forEach((partition, offset) -> found.put(partition.partition(), offset));
        return found;
    }

    /** Goes to these offsets; partitions that are at their end are left out. */
    void seek(Map<Integer, Long> next, Map<Integer, Long> until) {
        List<TopicPartition> open = until.entrySet().stream()
                .filter(end -> next.getOrDefault(end.getKey(), 0L) < end.getValue())
                .map(end -> new TopicPartition(topic, end.getKey()))
                .toList();
        consumer.assign(open);
        open.forEach(partition -> consumer.seek(partition, next.getOrDefault(partition.partition(), 0L)));
    }

    /**
     * Reads on.
     *
     * @param next moved on by what was read
     * @return the changes below {@code until}, in order within each partition; records that are no events are dead letters of the
     *     delivery and left out
     */
    List<Change> read(Map<Integer, Long> next, Map<Integer, Long> until) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(WAIT);
        // with its columns and what the sink is to get of them, as they are now
        table = catalog.table(table.id()).orElse(table);
        List<Change> changes = new ArrayList<>(polled.count());
        for (TopicPartition partition : polled.partitions()) {
            long end = until.getOrDefault(partition.partition(), 0L);
            for (ConsumerRecord<byte[], byte[]> record : polled.records(partition)) {
                if (record.offset() < end) {
                    add(changes, record);
                }
            }
        }
        for (TopicPartition partition : consumer.assignment()) {
            long end = until.getOrDefault(partition.partition(), 0L);
            long reached = consumer.position(partition, PATIENCE);
            next.put(partition.partition(), Math.min(reached, end));
            if (reached >= end) {
                consumer.pause(List.of(partition));
            }
        }
        return changes;
    }

    private void add(List<Change> changes, ConsumerRecord<byte[], byte[]> record) {
        try {
            ChangeEvent event = records.read(record);
            if (event == null) {
                return;
            }
            SinkBinding binding = table.sinks().stream()
                    .filter(one -> one.sink().equals(sink))
                    .findFirst()
                    .orElseThrow(
                            () -> new IllegalStateException(table.table() + " does not go to " + sink + " any more"));
            TableShaping shape = shaping.of(table, binding);
            if (shape == null) {
                changes.add(new Change(table, event));
            } else {
                shape.change(event, record).ifPresent(changes::add);
            }
        } catch (RowRefused e) {
            refused++;
        } catch (MalformedEventException e) {
            // a dead letter of every sink since it was delivered
        }
    }

    /** Returns how many rows could not be shaped since this was asked last; they are dead letters of the delivery. */
    long takeRefused() {
        long since = refused;
        refused = 0;
        return since;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
