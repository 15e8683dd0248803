package io.millrace.capture;

import io.millrace.event.EventHeaders;
import io.millrace.event.TableId;
import io.millrace.event.kafka.Topics;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Not a test: prints what capture alone does on this machine. Run by hand. */
@ExtendWith(LocalStackExtension.class)
class CaptureThroughput {

    @Test
    void copyAndLatency(LocalStack stack) throws Exception {
        try (CaptureLab lab = new CaptureLab(stack).start()) {
            lab.sql("CREATE TABLE burst (id int PRIMARY KEY, name text, amount numeric(20,6), at timestamptz, ok bool,"
                    + " a int, b int, c text, d text, e jsonb, f uuid)");
            lab.streaming("burst");
            for (int round = 0; round < 4; round++) {
                int from = round * 200_000;
                long begun = System.nanoTime();
                lab.sql(
                        "INSERT INTO burst SELECT i, 'name ' || i, i * 1.5, now(), true, i, i, 'some text', 'more text',"
                                + " '{\"k\": 1}', gen_random_uuid() FROM generate_series(" + (from + 1) + ", "
                                + (from + 200_000) + ") i");
                long committed = System.nanoTime();
                while (lab.topicSize("burst") < from + 200_000) {
                    Thread.sleep(10);
                }
                double seconds = (System.nanoTime() - committed) / 1e9;
                System.out.printf(
                        "BURST insert took %.2f s; after commit %.2f s: %.0f changes/s%n",
                        (committed - begun) / 1e9, seconds, 200_000 / seconds);
            }
            latency(lab);
        }
    }

    private static void latency(CaptureLab lab) throws Exception {
        lab.sql("CREATE TABLE tick (id int PRIMARY KEY)");
        lab.streaming("tick");
        String topic = Topics.of(lab.id, new TableId("public", "tick"));
        long[] nanos = new long[1000];
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(Map.of(
                        "bootstrap.servers",
                        lab.stack.kafkaBootstrapServers(),
                        "fetch.max.wait.ms",
                        100,
                        "key.deserializer",
                        ByteArrayDeserializer.class,
                        "value.deserializer",
                        ByteArrayDeserializer.class));
                Connection connection = lab.open();
                var insert = connection.prepareStatement("INSERT INTO tick VALUES (?)")) {
            var partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            for (int i = 0; i < nanos.length; i++) {
                insert.setInt(1, i);
                insert.execute();
                long committed = System.nanoTime();
                boolean found = false;
                while (!found) {
                    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                        found |= record.headers().lastHeader(EventHeaders.POSITION) != null;
                    }
                }
                nanos[i] = System.nanoTime() - committed;
                Thread.sleep(5);
            }
        }
        Arrays.sort(nanos);
        System.out.printf("LATENCY commit to consumer: p50 %.1f ms, p99 %.1f ms%n", nanos[500] / 1e6, nanos[990] / 1e6);
    }
}
