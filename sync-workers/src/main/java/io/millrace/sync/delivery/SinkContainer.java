package io.millrace.sync.delivery;

import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.ContainerProperties.AssignmentCommitOption;

/** Consumers of Spring Kafka. Started once there is a topic, started again when one of them ended. */
final class SinkContainer implements Consumers {

    private static final Logger log = LoggerFactory.getLogger(SinkContainer.class);

    private final String sink;
    private final SinkKind kind;
    private final Map<String, Object> settings;
    private final DeliveryProperties properties;
    private final SinkDelivery delivery;
    private final Places places;
    private final java.util.function.Supplier<DeliveryOffsets> offsets;
    private final SinkHealth health;
    private final Headroom headroom;
    private final Backoff backoff;
    private @Nullable ConcurrentMessageListenerContainer<byte[], byte[]> container;
    private int restarts;
    /** When the consumers are stopped to be started again; 0 while none of them ended. */
    private long restartAt;

    private long startedAt;

    SinkContainer(
            String sink,
            SinkKind kind,
            Map<String, Object> settings,
            DeliveryProperties properties,
            SinkDelivery delivery,
            Places places,
            java.util.function.Supplier<DeliveryOffsets> offsets,
            SinkHealth health,
            Headroom headroom) {
        this.sink = sink;
        this.kind = kind;
        this.settings = settings;
        this.properties = properties;
        this.delivery = delivery;
        this.places = places;
        this.offsets = offsets;
        this.health = health;
        this.headroom = headroom;
        this.backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(30));
    }

    @Override
    public Map<String, Route> routes() {
        return places.routes();
    }

    @Override
    public void told(Map<String, Route> routes, long askedAt) {
        places.routes(routes, askedAt);
    }

    @Override
    public void noticed(Notices notices) {
        places.notices(notices);
    }

    @Override
    public void tend() {
        ConcurrentMessageListenerContainer<byte[], byte[]> running = container;
        if (routes().isEmpty()) {
            stop();
        } else if (running == null) {
            start();
        } else if (!running.isChildRunning() || !running.isInExpectedState()) {
            stopEnded();
        } else if (restarts > 0
                && System.nanoTime() - startedAt > Duration.ofMinutes(1).toNanos()) {
            restarts = 0;
        }
    }

    /** They are started at the next look: nothing is when delivery stops meanwhile. */
    private void stopEnded() {
        long now = System.nanoTime();
        if (restartAt == 0) {
            restarts++;
            restartAt = now + backoff.after(restarts).toNanos();
            health.ended("A consumer of " + sink + " ended; it is started again");
            log.error("A consumer of {} ended; it is started again with backoff", sink);
        } else if (now - restartAt >= 0) {
            stop();
        }
    }

    private void start() {
        ContainerProperties wanted =
                new ContainerProperties(places.routes().keySet().toArray(String[]::new));
        wanted.setGroupId(properties.groupPrefix() + "." + sink);
        wanted.setClientId("sync-" + sink);
        wanted.setMessageListener(delivery);
        wanted.setAckMode(AckMode.MANUAL);
        wanted.setAssignmentCommitOption(AssignmentCommitOption.NEVER);
        wanted.setConsumerRebalanceListener(places);
        wanted.setPollTimeout(properties.pollTimeout().toMillis());
        wanted.setShutdownTimeout(properties.drainTimeout().toMillis());
        wanted.setAuthExceptionRetryInterval(Duration.ofSeconds(10));
        wanted.setMissingTopicsFatal(false);
        wanted.setListenerTaskExecutor(new SimpleAsyncTaskExecutor("sync-" + sink + "-"));
        var created = new ConcurrentMessageListenerContainer<>(new Factory(consumerSettings()), wanted);
        // one consumer of a sink of effects keeps as many on their way as the sink takes: two would only wait for each
        // other
        created.setConcurrency(kind == SinkKind.EFFECT ? 1 : properties.concurrency());
        created.setBeanName("sync-" + sink);
        created.setCommonErrorHandler(new NeverSkipping(sink));
        delivery.halt(false);
        container = created;
        created.start();
        startedAt = System.nanoTime();
        health.started();
    }

    @Override
    public void stop() {
        restartAt = 0;
        ConcurrentMessageListenerContainer<byte[], byte[]> running = container;
        container = null;
        if (running != null) {
            delivery.halt(true);
            // returns when the batch that is being written is written, and its offsets are stored
            running.stop();
            running.destroy();
        }
    }

    private Map<String, Object> consumerSettings() {
        Map<String, Object> all = new java.util.HashMap<>(settings);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        all.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        all.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        all.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, (int)
                properties.maxFetch().toBytes());
        all.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, (int)
                properties.maxPartitionFetch().toBytes());
        all.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, properties.maxRecords());
        all.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 1_000);
        all.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int)
                properties.sessionTimeout().toMillis());
        all.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int)
                (properties.sessionTimeout().toMillis() / 4));
        all.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000);
        return all;
    }

    private final class Factory extends DefaultKafkaConsumerFactory<byte[], byte[]> {

        Factory(Map<String, Object> settings) {
            super(settings);
        }

        @Override
        protected Consumer<byte[], byte[]> createRawConsumer(Map<String, Object> consumerSettings) {
            return new SteeredConsumer(
                    consumerSettings, new PollFaults(sink, places, health), offsets.get(), headroom.share());
        }
    }
}
