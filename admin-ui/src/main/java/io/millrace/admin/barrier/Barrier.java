package io.millrace.admin.barrier;

import static java.util.stream.Collectors.toMap;

import io.millrace.admin.lag.TopicEnds;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableState;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.event.Lsn;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;

/**
 * Waits until everything that was committed in the sources before the call is in every sink: marks the WAL, waits until capture has
 * passed the mark and every table is streaming, then until the sinks have reached where the topics ended at that moment. What a person
 * paused is not waited for, and said. Holds no thread but the caller's.
 */
@Component
class Barrier {

    private static final long SHORTEST_PAUSE_MILLIS = 10;
    private static final long LONGEST_PAUSE_MILLIS = 50;

    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final TopicEnds topicEnds;
    private final Rereads rereads;

    Barrier(PipelineCatalog catalog, Offsets offsets, TopicEnds topicEnds, Rereads rereads) {
        this.catalog = catalog;
        this.offsets = offsets;
        this.topicEnds = topicEnds;
        this.rereads = rereads;
    }

    /**
     * How it went.
     *
     * @param behind what had not arrived in time, a sentence each; empty when everything had
     * @param skipped what was paused and therefore not waited for
     */
    record Outcome(Duration took, List<String> behind, List<String> skipped) {

        boolean reached() {
            return behind.isEmpty();
        }
    }

    Outcome await(Duration timeout) throws InterruptedException {
        long started = System.nanoTime();
        long deadline = started + timeout.toNanos();
        Map<String, Long> marks = new HashMap<>();
        Map<TopicPartition, Long> ends = new HashMap<>();
        List<String> behind = until(deadline, () -> mark(marks));
        if (behind.isEmpty()) {
            behind = until(deadline, () -> captured(marks));
        }
        // what the sinks were given may have had them ask for rows: once more, for the answers
        boolean asked = true;
        for (int round = 0; round < 2 && asked && behind.isEmpty(); round++) {
            long[] newest = {-1};
            behind = until(deadline, () -> answered(newest));
            if (behind.isEmpty()) {
                ends.clear();
                behind = until(deadline, () -> ends(ends));
            }
            if (behind.isEmpty()) {
                behind = until(deadline, () -> delivered(ends));
            }
            asked = behind.isEmpty() && isAskedSince(newest[0]);
        }
        return new Outcome(Duration.ofNanos(System.nanoTime() - started), behind, skipped());
    }

    /** Asks until nothing is behind or the time is over; what is asked is always asked once, and once more at the end. */
    private static List<String> until(long deadline, Supplier<List<String>> question) throws InterruptedException {
        long pause = SHORTEST_PAUSE_MILLIS;
        while (true) {
            List<String> behind;
            try {
                behind = question.get();
            } catch (DataAccessException e) {
                behind = List.of("The platform database does not answer: "
                        + e.getMostSpecificCause().getMessage());
            } catch (TopicEnds.KafkaUnavailable e) {
                behind = List.of(String.valueOf(e.getMessage()));
            }
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (behind.isEmpty() || left <= 0) {
                return behind;
            }
            Thread.sleep(Math.min(pause, left));
            pause = Math.min(LONGEST_PAUSE_MILLIS, pause + 2);
        }
    }

    private List<CapturedTable> tables() {
        return catalog.tables().stream()
                .filter(table -> table.state() != TableState.REMOVING)
                .toList();
    }

    private List<String> mark(Map<String, Long> marks) {
        List<String> behind = new ArrayList<>();
        List<String> wanted =
                tables().stream().map(CapturedTable::source).distinct().toList();
        for (Source source : catalog.sources()) {
            if (!wanted.contains(source.name()) || marks.containsKey(source.name())) {
                continue;
            }
            try {
                marks.put(source.name(), Watermark.write(source));
            } catch (SQLException e) {
                behind.add("Source " + source.name() + ": "
                        + SourceConnection.refused(source, e).text());
            }
        }
        return behind;
    }

    private List<String> captured(Map<String, Long> marks) {
        List<String> behind = new ArrayList<>();
        Map<String, Long> reached =
                offsets.captures().stream().collect(toMap(offset -> offset.source(), offset -> offset.endLsn()));
        for (Map.Entry<String, Long> mark : marks.entrySet()) {
            Long end = reached.get(mark.getKey());
            if (end == null || Long.compareUnsigned(end, mark.getValue()) < 0) {
                behind.add(
                        "Capture of " + mark.getKey() + " is at " + (end == null ? "no position yet" : Lsn.format(end))
                                + ", the mark is at " + Lsn.format(mark.getValue()) + "." + saidOf(mark.getKey()));
            }
        }
        for (CapturedTable table : tables()) {
            if (table.state() != TableState.STREAMING && table.state() != TableState.PAUSED) {
                behind.add("Table " + table.source() + "." + table.table() + " is "
                        + table.state().name().toLowerCase(Locale.ROOT)
                        + (table.message() == null ? "." : ": " + table.message()));
            }
        }
        return behind;
    }

    private String saidOf(String source) {
        return catalog.source(source)
                .map(one -> " The source is " + one.state().name().toLowerCase(Locale.ROOT)
                        + (one.message() == null ? "." : ": " + one.message()))
                .orElse("");
    }

    private List<String> ends(Map<TopicPartition, Long> ends) {
        ends.putAll(topicEnds.of(tables().stream().map(CapturedTable::topic).toList()));
        return List.of();
    }

    /** Rows that were asked for until now must be in the topics before these have an end. */
    private List<String> answered(long[] newest) {
        if (newest[0] < 0) {
            newest[0] = rereads.newest();
        }
        return rereads.openUpTo(newest[0]).stream()
                .map(open -> "Capture is yet to read " + open.rows() + (open.rows() == 1 ? " row" : " rows") + " of "
                        + open.source() + "." + open.schema() + "." + open.table() + " again.")
                .toList();
    }

    /** What was asked for meanwhile may be answered already, behind the ends that were waited for. */
    private boolean isAskedSince(long newest) {
        try {
            return rereads.newest() > newest;
        } catch (DataAccessException e) {
            return true;
        }
    }

    private List<String> delivered(Map<TopicPartition, Long> ends) {
        Map<String, DeliveryOffset> reached = new HashMap<>();
        for (DeliveryOffset offset : offsets.deliveries()) {
            reached.put(offset.sink() + "/" + offset.topic() + "/" + offset.partition(), offset);
        }
        List<String> behind = new ArrayList<>();
        for (CapturedTable table : tables()) {
            if (table.state() == TableState.PAUSED) {
                continue;
            }
            table.sinks().stream()
                    .filter(binding -> binding.state() != BindingState.PAUSED)
                    .forEach(binding -> {
                        long records = 0;
                        String waits = binding.message();
                        for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
                            if (!end.getKey().topic().equals(table.topic())) {
                                continue;
                            }
                            DeliveryOffset offset = reached.get(binding.sink() + "/" + table.topic() + "/"
                                    + end.getKey().partition());
                            long next = offset == null ? 0 : offset.nextOffset();
                            records += Math.max(0, end.getValue() - next);
                            waits = waits == null && offset != null ? offset.waitingFor() : waits;
                        }
                        if (records > 0) {
                            behind.add("Sink " + binding.sink() + " is " + records + " records behind in "
                                    + table.source() + "." + table.table() + (waits == null ? "." : ": " + waits));
                        }
                    });
        }
        return behind;
    }

    private List<String> skipped() {
        List<String> skipped = new ArrayList<>();
        for (CapturedTable table : tables()) {
            if (table.state() == TableState.PAUSED) {
                skipped.add("Table " + table.source() + "." + table.table() + " is paused.");
            } else {
                table.sinks().stream()
                        .filter(binding -> binding.state() == BindingState.PAUSED)
                        .forEach(binding -> skipped.add("Sink " + binding.sink() + " is paused for " + table.source()
                                + "." + table.table() + "."));
            }
        }
        return skipped;
    }
}
