package io.millrace.capture.engine;

import io.micrometer.core.instrument.Counter;
import io.millrace.capture.publish.PublishedMarks;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.slot.Cluster;
import io.millrace.capture.slot.SourceRefusedException;
import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.GapCause;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.TableState;
import io.millrace.event.Lsn;
import io.millrace.event.SourcePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Learns from the ends of the topics of a source what they hold already. */
final class PublishedTails {

    private final CaptureContext context;
    private final Source source;
    private final CaptureOffset start;

    PublishedTails(CaptureContext context, Source source, CaptureOffset start) {
        this.context = context;
        this.source = source;
        this.start = start;
    }

    /**
     * Puts every table of the source that is captured among these.
     *
     * @throws SourceRefusedException where a topic holds what the source cannot have sent
     */
    void open(CapturedTables tables, Cluster cluster) throws InterruptedException, SourceRefusedException {
        List<CapturedTable> captured = context.catalog().tables().stream()
                .filter(table -> table.source().equals(source.name()))
                .filter(table -> table.state() != TableState.PENDING && table.state() != TableState.REMOVING)
                .toList();
        Map<String, Integer> partitions = context.topics()
                .ensure(captured.stream().map(CapturedTable::topic).toList());
        Map<String, List<@Nullable SourcePosition>> tails = context.topics().tails(partitions);
        for (CapturedTable table : captured) {
            List<@Nullable SourcePosition> ends = Objects.requireNonNull(tails.get(table.topic()));
            Optional<SourcePosition> foreign = foreign(ends, cluster);
            if (foreign.isPresent()) {
                throw new SourceRefusedException(new SourceGap.Finding(
                        GapCause.RESTORED,
                        "the topic " + table.topic() + " holds changes up to " + foreign.get()
                                + ", and the server's WAL ends at "
                                + Lsn.format(cluster.walLsn()) + " in epoch " + source.epoch()
                                + ": the server was set back, for example to a backup, or is another one",
                        cluster.walLsn()));
            }
            tables.put(topic(table, ends));
        }
    }

    /**
     * Makes the topic of a table unless it is there, and returns how far it is; empty where it holds what the source cannot have sent.
     */
    Optional<TableTopic> topic(CapturedTable table, Cluster cluster) throws InterruptedException {
        Map<String, Integer> partitions = context.topics().ensure(List.of(table.topic()));
        List<@Nullable SourcePosition> ends =
                Objects.requireNonNull(context.topics().tails(partitions).get(table.topic()));
        return foreign(ends, cluster).isPresent() ? Optional.empty() : Optional.of(topic(table, ends));
    }

    /** What the source sends would be taken for older than that, here and by every reader. */
    private Optional<SourcePosition> foreign(List<@Nullable SourcePosition> ends, Cluster cluster) {
        for (SourcePosition end : ends) {
            if (end != null
                    && (end.epoch() > source.epoch()
                            || end.epoch() == source.epoch()
                                    && Long.compareUnsigned(end.commitLsn(), cluster.walLsn()) > 0)) {
                return Optional.of(end);
            }
        }
        return Optional.empty();
    }

    /** What is stored as published is so in every partition, even where a partition's end says less, or was removed by retention. */
    private TableTopic topic(CapturedTable table, List<@Nullable SourcePosition> tails) {
        List<@Nullable SourcePosition> marks = new ArrayList<>(tails);
        marks.replaceAll(tail -> later(tail, start.position()));
        Counter published = context.status().published(table);
        return new TableTopic(
                table.id(),
                table.table(),
                table.topic(),
                table.keyColumns(),
                new PublishedMarks(source.epoch(), marks),
                published);
    }

    private static @Nullable SourcePosition later(@Nullable SourcePosition a, @Nullable SourcePosition b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.compareTo(b) >= 0 ? a : b;
    }
}
