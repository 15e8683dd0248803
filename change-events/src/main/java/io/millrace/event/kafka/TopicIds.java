package io.millrace.event.kafka;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What Kafka tells topics of one name apart by: each that is made gets an id, and one that is deleted and made again another (KIP-516).
 * Offsets of the former mean nothing in the latter.
 */
public final class TopicIds {

    private TopicIds() {}

    /**
     * Asks in one round trip. Waits as long as the client's {@code default.api.timeout.ms}.
     *
     * @return the ids by topic; a topic that does not exist is left out
     * @throws KafkaException if Kafka does not answer, or does not let the topics be described
     */
    public static Map<String, UUID> of(Admin admin, Collection<String> topics) {
        Map<String, UUID> ids = new HashMap<>();
        for (Map.Entry<String, KafkaFuture<TopicDescription>> answer :
                admin.describeTopics(topics).topicNameValues().entrySet()) {
            try {
                Uuid id = answer.getValue().get().topicId();
                ids.put(answer.getKey(), new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits()));
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw new KafkaException("Kafka does not tell which topics there are: " + e.getCause(), e);
                }
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return ids;
    }
}
