package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkDescription;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/**
 * Has a sink given a table's changes again, while it and the others run. What it holds in a newer version stays, and the history leaves
 * out what it has: readers see no difference, except where something was missing or wrong.
 */
@Component("adminRewinds")
class Rewinds {

    private static final Logger log = LoggerFactory.getLogger(Rewinds.class);

    private final Offsets offsets;
    private final TopicSearch topics;
    private final PipelineCatalog catalog;
    private final TopicGaps gaps;

    Rewinds(Offsets offsets, TopicSearch topics, PipelineCatalog catalog, TopicGaps gaps) {
        this.offsets = offsets;
        this.topics = topics;
        this.catalog = catalog;
        this.gaps = gaps;
    }

    /** Of a sink's memory, for the time that the changes take to be given again. */
    private static final Duration MOST_MARGIN = Duration.ofHours(1);

    /**
     * A partition that was moved.
     *
     * @param from where the sink stood
     * @param to where it stands now; ahead of {@code from} where less is delivered again than an earlier rewind asked for
     * @param until the first offset that it was never given
     */
    record Moved(int partition, long from, long to, long until) {

        /** Returns how many records are delivered again. */
        long again() {
            return until - to;
        }
    }

    /**
     * Moves the sink back; or, where it stopped while it delivered again what it had delivered before, to where it goes on with less of that.
     *
     * @return what was moved, by partition
     * @throws Problem if nothing lies between the target and where the sink stands, or the sink no longer knows what it was given then
     */
    List<Moved> rewind(String sink, CapturedTable table, RewindTarget target, String by) {
        gaps.requireSameTopic(sink, table);
        Map<TopicPartition, Long> found = topics.find(table.topic(), target);
        Map<Integer, Long> given = offsets.given(sink, table.topic());
        List<Moved> moved = new ArrayList<>();
        for (DeliveryOffset offset : offsets.deliveries(sink)) {
            if (!offset.topic().equals(table.topic())) {
                continue;
            }
            Long first = found.get(new TopicPartition(offset.topic(), offset.partition()));
            if (first != null) {
                long until = Math.max(offset.nextOffset(), given.getOrDefault(offset.partition(), 0L));
                long to = Math.min(first, isFailed(sink, table) ? until : offset.nextOffset());
                if (to != offset.nextOffset()) {
                    moved.add(new Moved(offset.partition(), offset.nextOffset(), to, until));
                }
            }
        }
        if (moved.isEmpty()) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Nothing to deliver again",
                    "Kafka holds no change of " + table.table() + " between there and where " + sink
                            + " stands. Rewind further back, or read all rows again.");
        }
        requireRemembered(sink, table, moved);
        offsets.rewind(
                sink,
                moved.stream()
                        .collect(Collectors.toMap(
                                one -> new TopicPartitionId(table.topic(), one.partition()), Moved::to)));
        log.info("{} was rewound in {} by {}: {}", sink, table.topic(), by, moved);
        moved.sort(Comparator.comparingInt(Moved::partition));
        return moved;
    }

    private static boolean isFailed(String sink, CapturedTable table) {
        return table.sinks().stream()
                .anyMatch(binding -> binding.sink().equals(sink) && binding.state() == BindingState.FAILED);
    }

    /** What is younger than the sink's memory it has not forgotten: a change is given to it after its record was written. */
    private void requireRemembered(String sink, CapturedTable table, List<Moved> moved) {
        SinkDescription.Memory memory = catalog.sinks().stream()
                .filter(known -> known.name().equals(sink))
                .findFirst()
                .map(SinkDescription::memory)
                .orElse(null);
        if (memory == null) {
            return;
        }
        Duration margin = memory.time().dividedBy(8).compareTo(MOST_MARGIN) < 0
                ? memory.time().dividedBy(8)
                : MOST_MARGIN;
        Instant since = Instant.now().minus(memory.time()).plus(margin).truncatedTo(ChronoUnit.SECONDS);
        Map<TopicPartition, Long> known = topics.find(table.topic(), new RewindTarget.At(since));
        boolean beyond = moved.stream()
                .anyMatch(one -> one.again() > 0
                        && one.to() < known.getOrDefault(new TopicPartition(table.topic(), one.partition()), 0L));
        if (beyond) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Too far back",
                    sink + " remembers " + memory.of() + " for " + memory.time().toHours() + " h (" + memory.setting()
                            + "): given older changes again, " + wayOut(sink, table, since));
        }
    }

    private static String wayOut(String sink, CapturedTable table, Instant since) {
        return TableRebuilds.rebuildable(sink)
                ? "it would show for a while what is deleted. Rewind to " + since
                        + " or later, or have what it holds of the table made anew: \"Rebuild\" on the page of the table's"
                        + " sink, or POST /api/v1/sinks/" + sink + "/tables/" + table.id() + "/rebuild."
                : "it would act on them a second time. Rewind to " + since + " or later.";
    }
}
