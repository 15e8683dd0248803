package io.millrace.sync.rebuild;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildKind;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.RebuildWish;
import io.millrace.catalog.rebuild.Rebuilds;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.event.RowKey;
import io.millrace.sync.deadletter.AwaitedRows;
import io.millrace.sync.deadletter.AwaitedRows.Place;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.shaping.SinkShaping;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import io.millrace.sync.sink.SinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fills copies from the tables' topics. Thread-safe. */
final class CopyFeed {

    private static final Logger log = LoggerFactory.getLogger(CopyFeed.class);
    /** So many reads wait for rows to come whole, and are read again by whoever goes on after an interruption. */
    private static final int UNNOTED_READS = 16;

    private final Map<String, Object> settings;
    private final PipelineCatalog catalog;
    private final DeadLetters deadLetters;
    private final AwaitedRows awaited;
    private final Rebuilds rebuilds;
    private final Rereads rereads;
    /** By sink: a copy gets what the sink gets. */
    private final Map<String, SinkShaping> shapings;

    CopyFeed(
            Map<String, Object> kafka,
            RebuildProperties properties,
            PipelineCatalog catalog,
            DeadLetters deadLetters,
            AwaitedRows awaited,
            Rebuilds rebuilds,
            Rereads rereads,
            Map<String, SinkShaping> shapings) {
        settings = new HashMap<>(kafka);
        settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, properties.maxRecords());
        settings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int)
                properties.maxFetch().toBytes());
        settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        settings.put(ConsumerConfig.CLIENT_ID_CONFIG, "sync-rebuild");
        this.catalog = catalog;
        this.deadLetters = deadLetters;
        this.awaited = awaited;
        this.rebuilds = rebuilds;
        this.rereads = rereads;
        this.shapings = Map.copyOf(shapings);
    }

    TopicReader.Extent extent(CapturedTable table) {
        try (TopicReader reader = new TopicReader(settings, table.topic())) {
            return reader.extent();
        }
    }

    /** Returns a table with the columns that a sink gets of it. */
    CapturedTable shaped(CapturedTable table, String sink) {
        return FedChanges.shaped(table, shaping(sink), sink);
    }

    private SinkShaping shaping(String sink) {
        return Objects.requireNonNull(shapings.get(sink));
    }

    /**
     * Feeds on from where it was noted; true when the copy has everything but what was asked for, false when a person or a lost claim
     * stopped it. No progress is noted that passes a change which the copy lacks and nobody was asked for: a row that comes whole soon
     * need not be read again, and one that is left when this ends, however it ends, is.
     */
    boolean run(Rebuild rebuild, Copy copy, RebuildableSink sink, Rebuilds.Claim claim) throws SinkException {
        Map<Integer, Long> next = new HashMap<>(rebuild.from());
        next.putAll(rebuild.next());
        FedChanges changes =
                new FedChanges(catalog, deadLetters, awaited, shaping(sink.name()), copy.table(), sink.name());
        try (TopicReader reader = new TopicReader(settings, copy.table().topic())) {
            changes.look(next, rebuild.until());
            reader.seek(next, rebuild.until());
            boolean reached = reached(next, rebuild.until());
            long refused = 0;
            int unnoted = 0;
            while (!reached) {
                if (!claim.isHeld() || stopped(rebuild.id())) {
                    return false;
                }
                List<Change> read = changes.of(reader.read(next, rebuild.until()));
                refused += feed(copy, sink, changes.gaps(), Latest.of(read)) + changes.takeLeftOut();
                changes.gaps().fed();
                unnoted++;
                reached = reached(next, rebuild.until());
                if (reached || unnoted == UNNOTED_READS || !changes.gaps().hasAwaited()) {
                    boolean asked = ask(rebuild, copy, changes.gaps().takeAwaited());
                    rebuilds.fed(rebuild.id(), next, refused, asked);
                    refused = 0;
                    unnoted = 0;
                }
            }
        } catch (InvalidOffsetException e) {
            if (rebuild.kind() == RebuildKind.REFILL) {
                // nobody looks after what was lost: it takes itself the way that is left
                rebuilds.beginAgain(
                        rebuild.id(),
                        rebuild.state(),
                        "Begins again: retention deleted records of "
                                + copy.table().topic() + " before they were fed");
                return false;
            }
            throw cut(copy.table(), e);
        }
        return true;
    }

    /** Says that what was to be fed is not in the topic any more. */
    static SinkException cut(CapturedTable table, @Nullable Throwable cause) {
        return new SinkException(
                ErrorCategory.FATAL,
                "Retention deleted records of " + table.topic()
                        + " before they were fed: start the rebuild again, a snapshot feeds it then",
                cause);
    }

    /** Has capture read rows that the copy could not complete: what delivery did for itself, under another shaping perhaps. */
    private boolean ask(Rebuild rebuild, Copy copy, List<RowKey> rows) {
        if (rows.isEmpty()) {
            return false;
        }
        rereads.request(copy.table().id(), rows.stream().map(Doubt::of).toList(), null, rebuild.sink());
        return true;
    }

    /** Returns how many rows of a table capture still has to read; at 0, what the feed asked for is in the topic. */
    long open(CapturedTable table) {
        return rereads.open(table.id());
    }

    /** Takes note of what a copy lacks before any of it is fed: what is brought back may rest on what was never lost. */
    void begin(Rebuild rebuild) {
        Place delivery = new Place(rebuild.tableId(), rebuild.sink());
        if (rebuild.kind() == RebuildKind.REFILL) {
            awaited.begin(delivery.ofCopy(), delivery);
        } else {
            awaited.begin(delivery.ofCopy());
        }
    }

    private boolean stopped(long id) {
        return Thread.currentThread().isInterrupted()
                || rebuilds.find(id)
                        .filter(now -> now.state() == RebuildState.FEEDING && now.wish() != RebuildWish.CANCEL)
                        .isEmpty();
    }

    private static boolean reached(Map<Integer, Long> next, Map<Integer, Long> until) {
        return until.entrySet().stream()
                .allMatch(end -> end.getValue() == 0 || next.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    /** Returns how many changes were refused for good. */
    private static long feed(Copy copy, RebuildableSink sink, RowGaps gaps, List<Change> changes) throws SinkException {
        if (changes.isEmpty()) {
            return 0;
        }
        try {
            List<Failure> failures = new ArrayList<>(sink.feed(copy, changes));
            changes.stream().filter(Change::isUnasked).forEach(change -> gaps.lacks(change.event()));
            failures.stream()
                    .filter(failure -> failure.category() == ErrorCategory.INCOMPLETE)
                    .forEach(failure -> gaps.lacks(changes.get(failure.index()).event()));
            failures.removeIf(failure -> failure.category() == ErrorCategory.INCOMPLETE);
            failures.forEach(
                    failure -> gaps.refused(changes.get(failure.index()).event()));
            failures.stream()
                    .limit(3)
                    .forEach(failure -> log.warn(
                            "The copy of {} refuses a change: {}", copy.table().table(), failure.cause()));
            return failures.size();
        } catch (SinkException e) {
            if (e.category() != ErrorCategory.REJECTED || changes.size() == 1) {
                if (e.category() == ErrorCategory.REJECTED) {
                    gaps.refused(changes.get(0).event());
                    log.warn("The copy of {} refuses a change: {}", copy.table().table(), e.getMessage());
                    return 1;
                }
                throw e;
            }
            int middle = changes.size() / 2;
            return feed(copy, sink, gaps, changes.subList(0, middle))
                    + feed(copy, sink, gaps, changes.subList(middle, changes.size()));
        }
    }
}
