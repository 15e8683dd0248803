package io.millrace.admin.lag;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.stereotype.Component;

/** Asks Kafka where topics end, in one round trip for all. Thread-safe. */
@Component
public class TopicEnds implements DisposableBean {

    private static final long ANSWER_SECONDS = 5;

    private final Map<String, Object> configuration;
    private final Map<String, Integer> partitions = new ConcurrentHashMap<>();
    private @Nullable Admin admin;

    TopicEnds(KafkaProperties kafka) {
        this.configuration = new HashMap<>(kafka.buildAdminProperties());
        configuration.put(AdminClientConfig.CLIENT_ID_CONFIG, "millrace-admin-ui");
        configuration.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 3000);
        configuration.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 4000);
    }

    /**
     * Returns the end offset of every partition of these topics; topics that do not exist yet are left out.
     *
     * @throws KafkaUnavailable if Kafka does not answer
     */
    public Map<TopicPartition, Long> of(Collection<String> topics) {
        try {
            Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
            Map<String, Integer> counts = partitions(topics);
            for (String topic : topics) {
                for (int partition = 0; partition < counts.getOrDefault(topic, 0); partition++) {
                    asked.put(new TopicPartition(topic, partition), OffsetSpec.latest());
                }
            }
            if (asked.isEmpty()) {
                return Map.of();
            }
            Map<TopicPartition, ListOffsetsResultInfo> answer =
                    client().listOffsets(asked).all().get(ANSWER_SECONDS, TimeUnit.SECONDS);
            return answer.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue()
                    .offset()));
        } catch (ExecutionException | TimeoutException e) {
            // perhaps a topic was deleted: ask for the partitions again next time
            partitions.clear();
            throw new KafkaUnavailable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaUnavailable(e);
        }
    }

    private Map<String, Integer> partitions(Collection<String> topics)
            throws ExecutionException, InterruptedException, TimeoutException {
        List<String> unknown = new ArrayList<>(topics);
        unknown.removeAll(partitions.keySet());
        if (!unknown.isEmpty()) {
            Map<String, KafkaFuture<TopicDescription>> answers =
                    client().describeTopics(unknown).topicNameValues();
            for (Map.Entry<String, KafkaFuture<TopicDescription>> answer : answers.entrySet()) {
                try {
                    partitions.put(
                            answer.getKey(),
                            answer.getValue()
                                    .get(ANSWER_SECONDS, TimeUnit.SECONDS)
                                    .partitions()
                                    .size());
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                        throw e;
                    }
                }
            }
        }
        return partitions;
    }

    private synchronized Admin client() {
        if (admin == null) {
            admin = Admin.create(configuration);
        }
        return admin;
    }

    @Override
    public synchronized void destroy() {
        if (admin != null) {
            admin.close(Duration.ofSeconds(1));
        }
    }

    /** Kafka did not answer in time. */
    public static final class KafkaUnavailable extends RuntimeException {

        KafkaUnavailable(Exception cause) {
            super(
                    "Kafka does not answer at spring.kafka.bootstrap-servers: "
                            + (cause.getCause() == null ? cause : cause.getCause()).getMessage(),
                    cause);
        }
    }
}
