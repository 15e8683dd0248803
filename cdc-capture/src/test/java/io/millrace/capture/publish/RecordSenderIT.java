package io.millrace.capture.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class RecordSenderIT {

    private static final int TOPICS = 40;
    private static final int RECORDS = 200;

    private final LocalStack stack;

    RecordSenderIT(LocalStack stack) {
        this.stack = stack;
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "many topics: ./millrace test --campaign")
    void topicsThatAreAMomentOldTakeEveryRecordInItsOrder() throws Exception {
        Map<String, Object> kafka = Map.of("bootstrap.servers", stack.kafkaBootstrapServers());
        TopicAdmin admin = new TopicAdmin(kafka, kafka, 1, (short) 1);
        List<String> topics = new ArrayList<>();
        try (RecordSender sender = new RecordSender(kafka, "young-topics", "none")) {
            for (int topic = 0; topic < TOPICS; topic++) {
                String name = "young-" + topic + "-" + System.nanoTime();
                topics.add(name);
                // its leader may not know yet that it leads
                admin.ensure(List.of(name));
                for (int number = 0; number < RECORDS; number++) {
                    sender.send(
                            name, 0, null, ByteBuffer.allocate(4).putInt(number).array(), new RecordHeaders());
                }
                sender.seal(null, null);
            }
            Acknowledgements acknowledged = sender.acknowledgements();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                while (acknowledged.takeComplete() != null) {}
                return acknowledged.isDrained();
            });
            assertThat(acknowledged.failure()).isNull();
        }

        for (String topic : topics) {
            assertThat(numbers(kafka, topic))
                    .as(topic)
                    .containsExactlyElementsOf(
                            IntStream.range(0, RECORDS).boxed().toList());
        }
    }

    private static List<Integer> numbers(Map<String, Object> kafka, String topic) {
        List<Integer> numbers = new ArrayList<>();
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var consumer = new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(200))
                        .forEach(record ->
                                numbers.add(ByteBuffer.wrap(record.value()).getInt()));
            }
        }
        return numbers;
    }
}
