package io.millrace.capture;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Not a test: prints what Kafka transactions would cost on this machine, for RATIONALE.md. Run by hand. */
@ExtendWith(LocalStackExtension.class)
class TransactionCost {

    private static final int SAMPLES = 1500;
    private static final int BURST = 400_000;
    private final byte[] value = new byte[400];

    @Test
    void measure(LocalStack stack) throws Exception {
        for (int round = 0; round < 3; round++) {
            for (String mode : List.of("idempotent", "transaction per change", "transaction per 100 ms")) {
                boolean transactional = !mode.equals("idempotent");
                String topic = "cost-" + round + "-" + Integer.toHexString(mode.hashCode());
                try (Admin admin = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()))) {
                    admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1)))
                            .all()
                            .get();
                }
                Map<String, Object> settings = new HashMap<>(Map.of(
                        "bootstrap.servers",
                        stack.kafkaBootstrapServers(),
                        "linger.ms",
                        0,
                        "batch.size",
                        128 << 10,
                        "compression.type",
                        "lz4"));
                if (transactional) {
                    settings.put("transactional.id", topic);
                }
                try (KafkaProducer<byte[], byte[]> producer =
                        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
                    if (transactional) {
                        producer.initTransactions();
                    }
                    if (!mode.endsWith("ms")) {
                        for (String isolation : transactional
                                ? List.of("read_committed", "read_uncommitted")
                                : List.of("read_uncommitted")) {
                            System.out.println("COST " + mode + ", " + isolation + ": "
                                    + latency(stack, topic, producer, transactional, isolation));
                        }
                    }
                    if (!mode.endsWith("change")) {
                        System.out.printf("COST %s: %.0f records/s%n", mode, burst(topic, producer, transactional));
                    }
                }
            }
        }
    }

    private String latency(
            LocalStack stack,
            String topic,
            KafkaProducer<byte[], byte[]> producer,
            boolean transactional,
            String isolation)
            throws Exception {
        long[] nanos = new long[SAMPLES];
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        stack.kafkaBootstrapServers(),
                        "isolation.level",
                        isolation,
                        "fetch.max.wait.ms",
                        100),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> all =
                    List.of(new TopicPartition(topic, 0), new TopicPartition(topic, 1), new TopicPartition(topic, 2));
            consumer.assign(all);
            consumer.seekToEnd(all);
            all.forEach(consumer::position);
            for (int i = 0; i < SAMPLES; i++) {
                long begun = System.nanoTime();
                if (transactional) {
                    producer.beginTransaction();
                }
                producer.send(new ProducerRecord<>(topic, i % 3, null, value));
                Thread commit = null;
                if (transactional) {
                    commit = new Thread(producer::commitTransaction);
                    commit.start();
                }
                while (consumer.poll(Duration.ofMillis(100)).isEmpty()) {
                    // not yet
                }
                nanos[i] = System.nanoTime() - begun;
                if (commit != null) {
                    commit.join();
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
        Arrays.sort(nanos);
        return String.format("p50 %.1f ms, p99 %.1f ms", nanos[SAMPLES / 2] / 1e6, nanos[SAMPLES * 99 / 100] / 1e6);
    }

    private double burst(String topic, KafkaProducer<byte[], byte[]> producer, boolean transactional) {
        long begun = System.nanoTime();
        long committed = begun;
        if (transactional) {
            producer.beginTransaction();
        }
        for (int i = 0; i < BURST; i++) {
            producer.send(new ProducerRecord<>(topic, i % 3, null, value));
            if (transactional && System.nanoTime() - committed > 100_000_000L) {
                producer.commitTransaction();
                producer.beginTransaction();
                committed = System.nanoTime();
            }
        }
        if (transactional) {
            producer.commitTransaction();
        }
        producer.flush();
        return BURST / ((System.nanoTime() - begun) / 1e9);
    }
}
