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
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Sends rejected records, unchanged but for three headers, to {@code <topic>.<sink>.dlt}. Connects at the first one. */
final class DeadLetterTopics implements AutoCloseable {

    /** Headers: where a record stood in the table's topic. */
    static final String PARTITION = "millrace-dead-letter-partition";

    static final String OFFSET = "millrace-dead-letter-offset";

    private static final long TIMEOUT_SECONDS = 15;
    /** The largest record of a table's topic, 32 MB, and room for the headers. */
    private static final int MAX_BYTES = 33 << 20;

    private final Map<String, Object> settings;
    private final short replication;
    private final Set<String> created = ConcurrentHashMap.newKeySet();
    private @Nullable KafkaProducer<byte[], byte[]> producer;

    DeadLetterTopics(Map<String, Object> settings, short replication) {
        this.settings = settings;
        this.replication = replication;
    }

    /** Returns where each stands in its topic of dead letters, once Kafka has all of them on disk. */
    List<Long> send(String sink, List<DeadLetter> letters) {
        List<Future<RecordMetadata>> sent = new ArrayList<>(letters.size());
        for (DeadLetter letter : letters) {
            String topic = Topics.deadLetters(letter.record().topic(), sink);
            if (!created.contains(topic)) {
                create(topic);
            }
            var record = new ProducerRecord<>(
                    topic, (Integer) 0, letter.record().key(), letter.record().value());
            letter.record().headers().forEach(record.headers()::add);
            header(record, "millrace-dead-letter-cause", letter.cause());
            header(record, PARTITION, Integer.toString(letter.record().partition()));
            header(record, OFFSET, Long.toString(letter.record().offset()));
            sent.add(producer().send(record));
        }
        return sent.stream().map(future -> await(future).offset()).toList();
    }

    private static void header(ProducerRecord<byte[], byte[]> record, String name, String text) {
        record.headers().add(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private void create(String topic) {
        try (Admin admin = Admin.create(settings)) {
            // kept until people settle them, and as large as what they are copies of
            NewTopic wanted = new NewTopic(topic, 1, replication)
                    .configs(Map.of(
                            TopicConfig.RETENTION_MS_CONFIG,
                            "-1",
                            TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                            Integer.toString(MAX_BYTES)));
            await(admin.createTopics(List.of(wanted)).all().toCompletionStage().toCompletableFuture());
        } catch (IllegalStateException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
        created.add(topic);
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
