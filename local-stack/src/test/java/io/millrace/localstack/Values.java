package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes a value into each service and looks for it. */
final class Values {

    private static final String TOPIC = "values";

    private Values() {}

    static void write(LocalStack stack, String value) throws Exception {
        try (Connection connection = connect(stack);
                var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE IF NOT EXISTS stored (value text)");
            statement.execute("INSERT INTO stored VALUES ('" + value + "')");
        }
        Map<String, Object> kafka = Map.of("bootstrap.servers", stack.kafkaBootstrapServers());
        try (Admin admin = Admin.create(kafka);
                var producer = new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer())) {
            if (!admin.listTopics().names().get().contains(TOPIC)) {
                admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty())))
                        .all()
                        .get();
            }
            producer.send(new ProducerRecord<>(TOPIC, value)).get();
        }
        http(stack, "PUT", "/values/_doc/" + value.toLowerCase() + "?refresh=true", "{\"value\":\"" + value + "\"}");
        assertThat(redis(stack, "SADD stored " + value)).startsWith(":");
    }

    static void assertHolds(LocalStack stack, String value) throws Exception {
        try (Connection connection = connect(stack);
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT 1 FROM stored WHERE value = '" + value + "'")) {
            assertThat(row.next()).as("PostgreSQL holds %s", value).isTrue();
        }
        assertThat(records(stack)).contains(value);
        assertThat(http(stack, "GET", "/values/_doc/" + value.toLowerCase(), ""))
                .contains("\"found\":true");
        assertThat(redis(stack, "SISMEMBER stored " + value)).startsWith(":1");
    }

    private static Connection connect(LocalStack stack) throws SQLException {
        return DriverManager.getConnection(
                stack.postgresJdbcUrl("shop"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
    }

    private static Set<String> records(LocalStack stack) {
        Set<String> values = new HashSet<>();
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", stack.kafkaBootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }

    private static String http(LocalStack stack, String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(stack.elasticsearchUri() + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .timeout(Duration.ofSeconds(30))
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static String redis(LocalStack stack, String command) throws Exception {
        try (Socket socket = new Socket("localhost", stack.redisPort())) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            byte[] answer = new byte[64];
            return new String(answer, 0, socket.getInputStream().read(answer), StandardCharsets.UTF_8);
        }
    }
}
