package io.millrace.admin.lag;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingLong;

import io.millrace.catalog.CaptureOffset;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Samples once a second how far everything is, on threads of its own: pages and scripts read the last sample, however many they are.
 * The catalog is read before Kafka's end offsets, so what a sample calls current was.
 */
@Component
public class LagSampler implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(LagSampler.class);
    private static final long PERIOD_MILLIS = 1000;

    private final PipelineCatalog catalog;
    private final Offsets offsets;
    private final TopicEnds topicEnds;
    private final KafkaWaitingRecords waitingRecords;
    private final SinkLags sinkLags;
    private final Rates rates;
    private final Map<String, SourceWatch> watches = new ConcurrentHashMap<>();
    private volatile LagSample latest = LagSample.NONE;
    private @Nullable ScheduledExecutorService clock;
    private @Nullable ExecutorService probes;
    private boolean failing;

    LagSampler(
            PipelineCatalog catalog,
            Offsets offsets,
            TopicEnds topicEnds,
            KafkaWaitingRecords waitingRecords,
            Rates rates) {
        this.catalog = catalog;
        this.offsets = offsets;
        this.topicEnds = topicEnds;
        this.waitingRecords = waitingRecords;
        this.sinkLags = new SinkLags(waitingRecords);
        this.rates = rates;
    }

    /** Returns the last sample, at most some two seconds old while the platform database answers. */
    public LagSample latest() {
        return latest;
    }

    @Override
    public synchronized void start() {
        if (clock != null) {
            return;
        }
        probes = Executors.newCachedThreadPool(task -> thread(task, "admin-source-probe"));
        clock = Executors.newSingleThreadScheduledExecutor(task -> thread(task, "admin-lag"));
        var unused = clock.scheduleAtFixedRate(this::tick, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }

    private static Thread thread(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    @SuppressWarnings("CatchingUnchecked") // a scheduled task that throws is never run again
    private void tick() {
        try {
            latest = sample();
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                log.warn("Cannot sample the lag; trying again every second: {}", e.getMessage());
            }
            failing = true;
        }
    }

    private LagSample sample() {
        Instant at = Instant.now();
        List<Source> sources = catalog.sources();
        probe(sources);
        List<CapturedTable> tables = catalog.tables();
        Map<String, CaptureOffset> captured = new HashMap<>();
        offsets.captures().forEach(offset -> captured.put(offset.source(), offset));
        List<DeliveryOffset> delivered = offsets.deliveries();
        Map<TopicPartition, Long> ends = Map.of();
        String kafkaError = null;
        try {
            ends = topicEnds.of(tables.stream().map(CapturedTable::topic).toList());
        } catch (TopicEnds.KafkaUnavailable e) {
            kafkaError = e.getMessage();
        }
        boolean known = kafkaError == null;
        Map<String, Long> byTopic = ends.entrySet().stream()
                .collect(groupingBy(end -> end.getKey().topic(), summingLong(Map.Entry::getValue)));
        Map<Long, Long> byTable = new HashMap<>();
        if (known) {
            tables.forEach(table -> byTable.put(table.id(), byTopic.getOrDefault(table.topic(), 0L)));
        }
        List<CaptureLag> captures = sources.stream()
                .map(source -> captureLag(source, captured.get(source.name()), at))
                .toList();
        Map<String, Instant> upTo = new HashMap<>();
        for (CaptureLag capture : captures) {
            if (capture.upTo() != null) {
                upTo.put(capture.source().name(), capture.upTo());
            }
        }
        List<SinkLag> sinks = sinkLags.sample(tables, delivered, known ? ends : null, upTo, at);
        count(at, captures, byTable, sinks);
        return new LagSample(at, captures, sinks, tables, byTable, ends.size(), kafkaError);
    }

    private void count(Instant at, List<CaptureLag> captures, Map<Long, Long> ends, List<SinkLag> sinks) {
        long second = at.getEpochSecond();
        captures.forEach(
                capture -> rates.sample(Rates.sourceCounter(capture.source().name()), second, capture.events()));
        ends.forEach((table, end) -> rates.sample(Rates.tableCounter(table), second, end));
        sinks.forEach(
                sink -> rates.sample(Rates.sinkCounter(sink.sink()) + "/" + sink.tableId(), second, sink.applied()));
        sinks.stream()
                .collect(groupingBy(SinkLag::sink, summingLong(SinkLag::applied)))
                .forEach((sink, applied) -> rates.sample(Rates.sinkCounter(sink), second, applied));
    }

    private void probe(List<Source> sources) {
        ExecutorService executor = probes;
        if (executor == null) {
            return;
        }
        for (Source source : sources) {
            SourceWatch watch = watches.computeIfAbsent(source.name(), name -> new SourceWatch());
            executor.execute(() -> watch.ask(source));
        }
    }

    private CaptureLag captureLag(Source source, @Nullable CaptureOffset offset, Instant at) {
        SourceWatch watch = watches.get(source.name());
        SourceProbe probe = watch == null ? null : watch.last();
        if (watch == null || probe == null || !probe.answered() || offset == null || offset.endLsn() == 0) {
            return new CaptureLag(
                    source,
                    null,
                    null,
                    null,
                    probe,
                    offset == null ? 0 : offset.events(),
                    offset == null ? null : offset.committedAt());
        }
        long bytes = Math.max(0, probe.wal() - offset.endLsn());
        Instant upTo = watch.reached(offset.endLsn());
        Instant since = upTo == null ? watch.first() : upTo;
        Double seconds = null;
        if (bytes == 0 || upTo != null && !upTo.isBefore(at.minusMillis(2 * PERIOD_MILLIS))) {
            seconds = 0.0;
        } else if (since != null) {
            seconds = Duration.between(since, at).toMillis() / 1000.0;
        }
        return new CaptureLag(source, bytes, seconds, upTo, probe, offset.events(), offset.committedAt());
    }

    @Override
    public synchronized void stop() {
        if (clock != null && ended(clock)) {
            waitingRecords.close();
        }
        if (probes != null) {
            probes.shutdownNow();
        }
        clock = null;
        probes = null;
        watches.values().forEach(SourceWatch::close);
        watches.clear();
    }

    private static boolean ended(ScheduledExecutorService clock) {
        clock.shutdownNow();
        try {
            return clock.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return clock != null;
    }
}
