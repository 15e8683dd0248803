package io.millrace.capture.publish;

import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import io.millrace.event.kafka.ChangeEventRecords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Makes topics, and reads from their ends how far they are. Every call opens its own clients. Thread-safe. */
public final class TopicAdmin {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int FETCH_BYTES = 8 << 20;

    private final Map<String, Object> adminSettings;
    private final Map<String, Object> consumerSettings;
    private final int partitions;
    private final short replicationFactor;

    /**
     * @param adminSettings connection settings of an admin client
     * @param consumerSettings connection settings of a consumer
     */
    public TopicAdmin(
            Map<String, Object> adminSettings,
            Map<String, Object> consumerSettings,
            int partitions,
            short replicationFactor) {
        this.adminSettings = Map.copyOf(adminSettings);
        this.consumerSettings = new HashMap<>(consumerSettings);
        this.consumerSettings.keySet().removeIf(key -> key.equals(ConsumerConfig.GROUP_ID_CONFIG));
        this.consumerSettings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        this.consumerSettings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        this.consumerSettings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // the last records of hundreds of partitions may each be of megabytes
        this.consumerSettings.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
        this.partitions = partitions;
        this.replicationFactor = replicationFactor;
    }

    /**
     * Makes the topics that are not there, and returns how many partitions each has.
     *
     * @throws KafkaException if Kafka does not answer in time, or refuses
     */
    public Map<String, Integer> ensure(Collection<String> topics) throws InterruptedException {
        Map<String, Integer> counts = new HashMap<>();
        if (topics.isEmpty()) {
            return counts;
        }
        try (Admin admin = Admin.create(adminSettings)) {
            var created = admin.createTopics(topics.stream().map(this::wanted).toList())
                    .values();
            Set<String> present = new HashSet<>();
            for (var topic : created.entrySet()) {
                if (isNew(topic.getKey(), topic.getValue())) {
                    counts.put(topic.getKey(), partitions);
                } else {
                    present.add(topic.getKey());
                }
            }
            admin.describeTopics(present)
                    .allTopicNames()
                    .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    .forEach((topic, description) ->
                            counts.put(topic, description.partitions().size()));
            return counts;
        } catch (ExecutionException e) {
            throw new KafkaException("Kafka does not describe the topics " + topics, e.getCause());
        } catch (TimeoutException e) {
            throw new KafkaException("Kafka does not answer", e);
        }
    }

    private NewTopic wanted(String topic) {
        return new NewTopic(topic, partitions, replicationFactor)
                .configs(Map.of(TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(RecordSender.MAX_RECORD_BYTES)));
    }

    private static boolean isNew(String topic, KafkaFuture<Void> created)
            throws InterruptedException, TimeoutException {
        try {
            created.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw new KafkaException("Kafka does not create the topic " + topic, e.getCause());
        }
    }

    /**
     * Returns the position of the last change that each partition of each topic holds, from the record at its end; null where a
     * partition is empty or its end tells nothing.
     */
    public Map<String, List<@Nullable SourcePosition>> tails(Map<String, Integer> topics) {
        Map<String, List<@Nullable SourcePosition>> tails = new HashMap<>();
        topics.forEach((topic, count) -> tails.put(topic, new ArrayList<>(Arrays.asList(new SourcePosition[count]))));
        List<TopicPartition> all = topics.entrySet().stream()
                .flatMap(topic -> IntStream.range(0, topic.getValue())
                        .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
                .toList();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(consumerSettings)) {
            Map<TopicPartition, Long> begin = consumer.beginningOffsets(all, PATIENCE);
            Map<TopicPartition, Long> last = consumer.endOffsets(all, PATIENCE);
            last.replaceAll((partition, end) -> end - 1);
            last.entrySet().removeIf(end -> end.getValue() < begin.getOrDefault(end.getKey(), 0L));
            read(consumer, last, record -> Objects.requireNonNull(tails.get(record.topic()))
                    .set(record.partition(), position(record)));
        }
        return tails;
    }

    /** Returns where each partition of a topic ends. */
    public long[] ends(String topic) {
        try (TopicEnds ends = openEnds(topic)) {
            return ends.read();
        }
    }

    /** Opens a client for someone who asks often where the partitions of a topic end. */
    public TopicEnds openEnds(String topic) {
        return new TopicEnds(consumerSettings, topic, PATIENCE);
    }

    /** Reads one record of each partition, of all at once: one after the other, hundreds of tables would take seconds of each start. */
    private static void read(
            KafkaConsumer<byte[], byte[]> consumer,
            Map<TopicPartition, Long> offsets,
            Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        Set<TopicPartition> missing = new HashSet<>(offsets.keySet());
        consumer.assign(missing);
        offsets.forEach(consumer::seek);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!missing.isEmpty()) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(500))) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (missing.remove(partition)) {
                    reader.accept(record);
                    consumer.pause(List.of(partition));
                }
            }
            if (System.nanoTime() - deadline > 0 && !missing.isEmpty()) {
                throw new KafkaException("Kafka does not return the last records of " + missing);
            }
        }
    }

    private static @Nullable SourcePosition position(ConsumerRecord<byte[], byte[]> record) {
        String text = ChangeEventRecords.text(record.headers(), EventHeaders.POSITION);
        if (text == null) {
            return null;
        }
        SourcePosition position = SourcePosition.parse(text);
        if (!position.isRead()) {
            return position;
        }
        String upTo = ChangeEventRecords.text(record.headers(), EventHeaders.PUBLISHED_UP_TO);
        return upTo == null ? null : SourcePosition.parse(upTo);
    }
}
