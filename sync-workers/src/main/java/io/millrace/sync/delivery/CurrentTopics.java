package io.millrace.sync.delivery;

import io.millrace.event.kafka.TopicIds;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/** Knows which topics stand behind their names now: one may be deleted and made again while its records are delivered. Thread-safe. */
final class CurrentTopics implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CurrentTopics.class);
    private static final int ANSWER_MILLIS = 5_000;

    /** What Kafka answered when it was asked at a time of {@link System#nanoTime}. */
    private record Seen(Map<String, UUID> ids, long askedAt) {}

    /** Kafka does not answer. */
    record Silence(String message, Instant since) {}

    private final Map<String, Object> settings;
    private final Set<String> followed = ConcurrentHashMap.newKeySet();
    private volatile Seen seen = new Seen(Map.of(), System.nanoTime());
    private volatile @Nullable Silence silence;
    private @Nullable Admin admin;

    CurrentTopics(Map<String, Object> connection) {
        settings = new HashMap<>(connection);
        settings.put(AdminClientConfig.CLIENT_ID_CONFIG, "sync-topics");
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ANSWER_MILLIS);
    }

    /**
     * Asks Kafka, and has {@link #look} ask for them from now on.
     *
     * @return the ids of these topics; one that does not exist is left out
     * @throws KafkaException if Kafka does not answer within 5 s
     */
    Map<String, UUID> ask(Collection<String> topics) {
        followed.addAll(topics);
        return TopicIds.of(admin(), topics);
    }

    /** Looks whether any was made again meanwhile. */
    void look() {
        if (followed.isEmpty()) {
            return;
        }
        try {
            long askedAt = System.nanoTime();
            seen = new Seen(TopicIds.of(admin(), Set.copyOf(followed)), askedAt);
            silence = null;
        } catch (KafkaException e) {
            fellSilent(e);
            log.debug("Which topics there are is asked again: {}", e.getMessage());
        } catch (RuntimeException | Error e) {
            // thrown out of here it would end the looks for good
            log.warn("Which topics there are cannot be asked; tried again", e);
        }
    }

    private void fellSilent(KafkaException e) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(e);
        if (cause instanceof AuthorizationException) {
            // an answer; whom it concerns hears it in its polls
            silence = null;
            return;
        }
        Silence known = silence;
        silence = new Silence(
                "Kafka does not answer, nothing can be read: check that it runs at spring.kafka.bootstrap-servers ("
                        + cause.getMessage() + ")",
                known == null ? Instant.now() : known.since());
    }

    /** Returns why Kafka did not answer the last look; null where it did. */
    @Nullable
    Silence silence() {
        return silence;
    }

    /** Tells whether a topic was seen to be another than the one that Kafka answered with at an earlier time. */
    boolean isAnother(String topic, UUID than, long since) {
        Seen now = seen;
        UUID id = now.ids().get(topic);
        return id != null && !id.equals(than) && now.askedAt() - since > 0;
    }

    private synchronized Admin admin() {
        if (admin == null) {
            admin = Admin.create(settings);
        }
        return admin;
    }

    @Override
    public synchronized void close() {
        if (admin != null) {
            admin.close(Duration.ofSeconds(1));
            admin = null;
        }
    }
}
