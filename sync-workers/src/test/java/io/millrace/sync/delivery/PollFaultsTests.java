package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.millrace.sync.fixture.TestCertificate;
import io.millrace.sync.fixture.TlsFront;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.WakeupException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.health.contributor.Status;

/** What consumers cannot poll for takes the sink's health down, whoever tries them again. */
class PollFaultsTests {

    private final SinkHealth health = new SinkHealth(System::nanoTime, () -> null);
    private RuntimeException thrown;

    /** It fails where it is looked after, as Kafka would let its polls fail. */
    private SteeredConsumer consumer(Map<String, Object> settings) {
        SteeredConsumer.Steering steering = polling -> {
            if (thrown != null) {
                throw thrown;
            }
        };
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", "localhost:1", "group.id", "test"));
        all.putAll(settings);
        SteeredConsumer consumer = new SteeredConsumer(
                all,
                new PollFaults("sink", steering, health),
                new DeliveryOffsets("sink", null),
                new Headroom(1 << 20).share());
        consumer.assign(List.of(new TopicPartition("shop.public.orders", 0)));
        return consumer;
    }

    private void pollFails(SteeredConsumer consumer, RuntimeException with) {
        thrown = with;
        assertThatThrownBy(() -> consumer.poll(Duration.ZERO)).isSameAs(with);
        thrown = null;
    }

    private Object cause() {
        return health.health().getDetails().get("cause");
    }

    @Test
    void aPollThatFailsIsShownUntilOneSucceeds() {
        try (SteeredConsumer consumer = consumer(Map.of())) {
            pollFails(consumer, new TopicAuthorizationException(Set.of("shop.public.orders")));
            assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
            assertThat(cause())
                    .isEqualTo(
                            "Kafka does not let Millrace read shop.public.orders for sink: allow its user the operations"
                                    + " READ and DESCRIBE on these topics.");
            consumer.poll(Duration.ZERO);
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        }
    }

    @Test
    void aConsumerThatIsClosedPollsForNothingAnyMore() {
        SteeredConsumer consumer = consumer(Map.of());
        pollFails(consumer, new KafkaException("The test wants it"));
        consumer.close(CloseOptions.timeout(Duration.ZERO));
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void aConsumerThatIsToStopHasNoFault() {
        try (SteeredConsumer consumer = consumer(Map.of())) {
            pollFails(consumer, new WakeupException());
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        }
    }

    /** Spring Kafka waits after it and asks no error handler. */
    @Test
    void aConnectionThatIsNotTrustedIsSaid(@TempDir Path directory) throws Exception {
        TestCertificate certificate = TestCertificate.make(directory);
        try (ServerSocket behind = new ServerSocket(0);
                TlsFront kafka = new TlsFront(certificate.keyStore(), TestCertificate.PASSWORD, behind.getLocalPort());
                SteeredConsumer consumer = consumer(
                        Map.of("bootstrap.servers", "localhost:" + kafka.port(), "security.protocol", "SSL"))) {
            await().untilAsserted(() -> assertThatThrownBy(() -> consumer.poll(Duration.ofMillis(100)))
                    .isInstanceOf(AuthenticationException.class));
            assertThat(cause())
                    .asString()
                    .startsWith("Kafka does not let Millrace in to read for sink: ")
                    .endsWith(" Correct the security settings at spring.kafka, or the user in Kafka.");
        }
    }

    @Test
    void whatIsWrongIsSaidWithTheWayOut() {
        assertThat(PollFaults.said("redis", GroupAuthorizationException.forGroupId("millrace.redis")))
                .isEqualTo("Kafka does not let Millrace read in the consumer group millrace.redis: allow its user the"
                        + " operation READ on this group.");
        assertThat(PollFaults.said("redis", new ClusterAuthorizationException("Cluster authorization failed.")))
                .isEqualTo(
                        "Kafka does not let Millrace read for redis: Cluster authorization failed. Allow its user the"
                                + " operation that is refused.");
        assertThat(PollFaults.said("redis", new KafkaException("It is odd")))
                .isEqualTo("Kafka cannot be read for redis; it is tried again until it can:"
                        + " org.apache.kafka.common.KafkaException: It is odd");
        assertThat(PollFaults.said("redis", new IllegalStateException("It is odd")))
                .startsWith("Nothing can be read for redis; it is tried again until it can: ");
    }
}
