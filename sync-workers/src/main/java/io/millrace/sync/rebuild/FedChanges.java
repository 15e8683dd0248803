package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import io.millrace.event.ChangeEvent;
import io.millrace.event.MalformedEventException;
import io.millrace.event.RowKey;
import io.millrace.event.kafka.ChangeEventRecords;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.shaping.TableShaping;
import io.millrace.sync.shaping.TableShaping.RowLacking;
import io.millrace.sync.shaping.TableShaping.RowRefused;
import io.millrace.sync.sink.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a table's records what delivery makes of them: shaped and masked, without what a person discarded, and without values taken
 * from behind a dead letter. Confined to one thread.
 */
final class FedChanges {

    private final ChangeEventRecords records = new ChangeEventRecords();
    private final PipelineCatalog catalog;
    private final DeadLetters deadLetters;
    private final SinkShaping shaping;
    private final String sink;
    private final Map<Integer, Letters> letters = new HashMap<>();
    /** Rows whose last change could not be shaped, in this run. */
    private final Set<RowKey> refusedRows = new HashSet<>();

    private final RowGaps gaps;

    private CapturedTable table;
    private long leftOut;

    /** What delivery has kept of a partition: where each row's first open letter is, and which records are discarded. */
    private record Letters(Map<Long, Long> open, Map<Long, String> discarded) {}

    /** A record and what it says. */
    private record Read(ConsumerRecord<byte[], byte[]> record, ChangeEvent event) {}

    FedChanges(
            PipelineCatalog catalog,
            DeadLetters deadLetters,
            AwaitedRows missing,
            SinkShaping shaping,
            CapturedTable table,
            String sink) {
        this.catalog = catalog;
        this.deadLetters = deadLetters;
        this.shaping = shaping;
        this.table = table;
        this.sink = sink;
        this.gaps = new RowGaps(missing, table, sink);
    }

    /** Returns a table with the columns that a sink gets of it. */
    static CapturedTable shaped(CapturedTable table, SinkShaping shaping, String sink) {
        TableShaping shape = shaping.of(table, binding(table, sink));
        return shape == null ? table : shape.table();
    }

    private static SinkBinding binding(CapturedTable table, String sink) {
        return table.sinks().stream()
                .filter(one -> one.sink().equals(sink))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(table.table() + " does not go to " + sink + " any more"));
    }

    /** Looks up what delivery has kept between these offsets, by partition, and what the copy lacks by now. */
    void look(Map<Integer, Long> from, Map<Integer, Long> until) {
        until.forEach((number, end) -> {
            TopicPartition partition = new TopicPartition(table.topic(), number);
            letters.put(
                    number,
                    new Letters(
                            deadLetters.unsettled(sink, partition),
                            deadLetters.discarded(sink, partition, from.getOrDefault(number, 0L), end)));
        });
        gaps.look(deadLetters, until.keySet());
    }

    /** Returns the changes in these records, in their order, with the table and its shaping as they are now. */
    List<Change> of(List<ConsumerRecord<byte[], byte[]>> polled) {
        if (polled.isEmpty()) {
            return List.of();
        }
        // asked after the records were there: capture stores columns before it writes under them
        table = catalog.table(table.id()).orElse(table);
        TableShaping shape = shaping.of(table, binding(table, sink));
        List<Read> all = read(polled);
        gaps.table(table);
        gaps.lookUp(all.stream().map(Read::event).toList());
        List<Change> changes = new ArrayList<>(polled.size());
        for (Read read : all) {
            ChangeEvent event = read.event();
            if (isDiscarded(event, read.record())) {
                gaps.discarded(event);
            } else {
                add(changes, event, read.record(), shape);
            }
        }
        return changes;
    }

    private List<Read> read(List<ConsumerRecord<byte[], byte[]>> polled) {
        List<Read> all = new ArrayList<>(polled.size());
        for (ConsumerRecord<byte[], byte[]> record : polled) {
            try {
                ChangeEvent event = records.read(record);
                if (event != null) {
                    all.add(new Read(record, event));
                }
            } catch (MalformedEventException e) {
                // a dead letter of every sink since it was delivered
            }
        }
        return all;
    }

    private void add(
            List<Change> changes,
            ChangeEvent event,
            ConsumerRecord<byte[], byte[]> record,
            @Nullable TableShaping shape) {
        RowKey key = event.key();
        boolean lacking = !event.unavailable().isEmpty();
        if (key != null && lacking && gaps.areBefore(key, event.rowVersion())) {
            // completed from what the copy holds, it would be a row that never was
            gaps.lacks(event);
            return;
        }
        if (key != null && lacking && (refusedRows.contains(key) || isBehindLetter(key, record))) {
            leftOut++;
            return;
        }
        try {
            if (shape == null) {
                changes.add(new Change(table, event));
            } else {
                shape.change(event).ifPresent(changes::add);
            }
            if (key != null && !lacking) {
                refusedRows.remove(key);
                gaps.cameWhole(key, event.rowVersion());
            }
        } catch (RowLacking e) {
            gaps.lacks(event);
        } catch (RowRefused e) {
            leftOut++;
            if (key != null) {
                refusedRows.add(key);
            }
        }
    }

    private boolean isDiscarded(ChangeEvent event, ConsumerRecord<byte[], byte[]> record) {
        Letters known = letters.get(record.partition());
        return known != null && event.eventId().equals(known.discarded().get(record.offset()));
    }

    private boolean isBehindLetter(RowKey key, ConsumerRecord<byte[], byte[]> record) {
        Letters known = letters.get(record.partition());
        if (known == null || known.open().isEmpty()) {
            return false;
        }
        Long letter = known.open().get(key.hash(table.source(), table.table()));
        return letter != null && letter <= record.offset();
    }

    /** Returns what is missing in rows of the copy. */
    RowGaps gaps() {
        return gaps;
    }

    /** Returns how many changes were left out since this was asked last: they are dead letters of the delivery. */
    long takeLeftOut() {
        long since = leftOut;
        leftOut = 0;
        return since;
    }
}
