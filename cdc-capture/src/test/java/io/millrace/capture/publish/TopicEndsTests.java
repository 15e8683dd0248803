package io.millrace.capture.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import javax.management.ObjectName;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

class TopicEndsTests {

    private static Set<ObjectName> clients() throws Exception {
        return ManagementFactory.getPlatformMBeanServer()
                .queryNames(new ObjectName("kafka.consumer:type=app-info,id=topic-ends-tests"), null);
    }

    @Test
    void aClientThatGetsNoAnswerIsClosed() throws Exception {
        // takes connections and never answers
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Map<String, Object> settings = Map.of(
                    "bootstrap.servers",
                    "127.0.0.1:" + silent.getLocalPort(),
                    "client.id",
                    "topic-ends-tests",
                    "key.deserializer",
                    ByteArrayDeserializer.class,
                    "value.deserializer",
                    ByteArrayDeserializer.class);
            try (KafkaConsumer<byte[], byte[]> open = new KafkaConsumer<>(settings)) {
                assertThat(open).isNotNull();
                assertThat(clients()).as("one that is open is seen here").hasSize(1);
            }
            assertThatExceptionOfType(TimeoutException.class)
                    .isThrownBy(() -> new TopicEnds(settings, "orders", Duration.ofMillis(200)));
            assertThat(clients()).isEmpty();
        }
    }
}
