package io.millrace.admin.lag;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.admin.lag.WaitingRecords.Place;
import io.millrace.event.EventHeaders;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

@ExtendWith(LocalStackExtension.class)
class KafkaWaitingRecordsIT {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00.123456Z");

    private static ProducerRecord<String, String> change(TopicPartition partition, Instant committed) {
        long micros = committed.getEpochSecond() * 1_000_000 + committed.getNano() / 1000;
        RecordHeaders headers = new RecordHeaders();
        headers.add(EventHeaders.POSITION, "1-0000000000000118-00000000".getBytes());
        headers.add(EventHeaders.LSN, "0000000000000118".getBytes());
        String envelope = """
                {"before":null,"after":{"id":1},"source":{"name":"src","schema":"public","table":"t","txId":5,"ts_ms":%d,"ts_us":%d},
                 "op":"c","ts_ms":0}""".formatted(micros / 1000, micros);
        return new ProducerRecord<>(partition.topic(), partition.partition(), 1_000L, "{\"id\":1}", envelope, headers);
    }

    @Test
    void eachPlaceTellsWhenItsChangeWasCommitted(LocalStack stack) throws Exception {
        TopicPartition first = new TopicPartition("waiting-records", 0);
        TopicPartition second = new TopicPartition("waiting-records", 1);
        Map<String, Object> kafka = Map.of("bootstrap.servers", stack.kafkaBootstrapServers());
        KafkaProperties properties = new KafkaProperties();
        properties.setBootstrapServers(List.of(stack.kafkaBootstrapServers()));
        try (Admin admin = Admin.create(kafka);
                var producer = new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer());
                var records = new KafkaWaitingRecords(properties)) {
            admin.createTopics(List.of(new NewTopic(first.topic(), 2, (short) 1)))
                    .all()
                    .get();
            for (int i = 0; i < 3; i++) {
                producer.send(change(first, NOON.plusSeconds(i))).get();
            }
            producer.send(change(second, NOON.plusSeconds(100))).get();
            producer.send(new ProducerRecord<>(second.topic(), 1, 2_000L, null, "no change"))
                    .get();
            admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();

            Map<Place, Instant> expected = Map.of(
                    // deleted: the first that is left
                    new Place(first, 0), NOON.plusSeconds(1),
                    new Place(first, 2), NOON.plusSeconds(2),
                    new Place(second, 0), NOON.plusSeconds(100),
                    new Place(second, 1), Instant.ofEpochMilli(2_000));
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> records.committedAt(expected.keySet()), expected::equals);

            assertThat(records.committedAt(Set.of(new Place(first, 2))))
                    .isEqualTo(Map.of(new Place(first, 2), NOON.plusSeconds(2)));
        }
    }
}
