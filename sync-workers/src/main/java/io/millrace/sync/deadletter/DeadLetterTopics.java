package io.millrace.sync.deadletter;

import io.millrace.event.kafka.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends rejected records, unchanged but for three headers, to {@code <topic>.<sink>.dlt}. Connects at the first one. Such a topic may be
 * deleted while it runs; it is made again, and where Kafka did that by itself, it gets the settings that it had.
 */
final class DeadLetterTopics implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(DeadLetterTopics.class);

    /** Headers: where a record stood in the table's topic. */
    static final String PARTITION = "millrace-dead-letter-partition";

    static final String OFFSET = "millrace-dead-letter-offset";

    private static final long TIMEOUT_SECONDS = 15;
    /** So long a topic is taken to be there without a look. */
    private static final long SURE_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** The largest record of a table's topic, 32 MB, and room for the headers. */
    private static final int MAX_BYTES = 33 << 20;

    /** Kept until people settle them, and as large as what they are copies of. */
    private static final Map<String, String> CONFIG = Map.of(
            TopicConfig.RETENTION_MS_CONFIG, "-1", TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(MAX_BYTES));

    private final Map<String, Object> settings;
    private final short replication;
    /** When each was last seen to be there, as {@link System#nanoTime} says it. */
    private final Map<String, Long> seen = new ConcurrentHashMap<>();

    private @Nullable KafkaProducer<byte[], byte[]> producer;

    DeadLetterTopics(Map<String, Object> settings, short replication) {
        this.settings = settings;
        this.replication = replication;
    }

    /** Returns where each stands in its topic of dead letters, once Kafka has all of them on disk. */
    List<Long> send(String sink, List<DeadLetter> letters) {
        List<String> topics = letters.stream()
                .map(letter -> Topics.deadLetters(letter.record().topic(), sink))
                .toList();
        Set<String> unsure = topics.stream().filter(topic -> !isSure(topic)).collect(Collectors.toSet());
        unsure.forEach(this::make);
        List<Long> offsets;
        try {
            offsets = send(topics, letters);
        } catch (RuntimeException e) {
            // it may have been deleted: the next one makes it again
            topics.forEach(seen::remove);
            throw e;
        }
        for (int i = 0; i < offsets.size(); i++) {
            if (offsets.get(i) == 0 && !unsure.contains(topics.get(i))) {
                make(topics.get(i));
            }
        }
        return offsets;
    }

    private List<Long> send(List<String> topics, List<DeadLetter> letters) {
        List<Future<RecordMetadata>> sent = new ArrayList<>(letters.size());
        for (int i = 0; i < letters.size(); i++) {
            DeadLetter letter = letters.get(i);
            var record = new ProducerRecord<>(
                    topics.get(i),
                    (Integer) 0,
                    letter.record().key(),
                    letter.record().value());
            letter.record().headers().forEach(record.headers()::add);
            header(record, "millrace-dead-letter-cause", letter.cause());
            header(record, PARTITION, Integer.toString(letter.record().partition()));
            header(record, OFFSET, Long.toString(letter.record().offset()));
            sent.add(producer().send(record));
        }
        return sent.stream().map(future -> await(future).offset()).toList();
    }

    private boolean isSure(String topic) {
        Long last = seen.get(topic);
        return last != null && System.nanoTime() - last < SURE_NANOS;
    }

    private static void header(ProducerRecord<byte[], byte[]> record, String name, String text) {
        record.headers().add(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private void make(String topic) {
        try (Admin admin = Admin.create(settings)) {
            NewTopic wanted = new NewTopic(topic, 1, replication).configs(CONFIG);
            try {
                await(admin.createTopics(List.of(wanted))
                        .all()
                        .toCompletionStage()
                        .toCompletableFuture());
            } catch (IllegalStateException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
                configure(admin, topic);
            }
        }
        seen.put(topic, System.nanoTime());
    }

    /** As Kafka makes a topic by itself, it may delete records. What people set stays. */
    private static void configure(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        try {
            Config known = await(admin.describeConfigs(List.of(resource)).all()).get(resource);
            List<AlterConfigOp> missing = CONFIG.entrySet().stream()
                    .filter(one -> !isSet(known == null ? null : known.get(one.getKey())))
                    .map(one -> new AlterConfigOp(new ConfigEntry(one.getKey(), one.getValue()), OpType.SET))
                    .toList();
            if (!missing.isEmpty()) {
                await(admin.incrementalAlterConfigs(Map.of(resource, missing)).all());
                log.warn("{} lacked settings, as a topic that Kafka made by itself: it has {} now", topic, CONFIG);
            }
        } catch (IllegalStateException e) {
            // it takes them; whether they are kept for ever, its owner knows
            log.warn("How long {} keeps dead letters cannot be made sure of: {}", topic, e.getMessage());
        }
    }

    private static boolean isSet(@Nullable ConfigEntry entry) {
        return entry != null && entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG;
    }

    private synchronized KafkaProducer<byte[], byte[]> producer() {
        KafkaProducer<byte[], byte[]> open = producer;
        if (open == null) {
            Map<String, Object> all = new HashMap<>(settings);
            all.put(ProducerConfig.ACKS_CONFIG, "all");
            all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
            // a topic just made may have no leader yet: a batch that overtook the first would keep it out for good
            all.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
            all.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_BYTES);
            all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) MAX_BYTES + (4 << 20));
            all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
            all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 14_000);
            all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
            open = new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
            producer = open;
        }
        return open;
    }

    private static <T> T await(Future<T> future) {
        try {
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while a dead letter was sent", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("A dead letter cannot be kept in Kafka: " + e.getCause(), e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("Kafka did not take a dead letter within " + TIMEOUT_SECONDS + " s", e);
        }
    }

    @Override
    public synchronized void close() {
        if (producer != null) {
            producer.close();
        }
    }
}
