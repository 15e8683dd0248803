package io.millrace.sync.deduplication;

import io.millrace.sync.sink.Memory;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** Compares how long topics keep records with how long sinks remember; what does not fit is a finding for people. */
final class RetentionCheck {

    private static final Logger log = LoggerFactory.getLogger(RetentionCheck.class);

    private final JdbcTemplate jdbc;
    private final Map<String, Object> connection;

    RetentionCheck(JdbcTemplate jdbc, Map<String, Object> connection) {
        this.jdbc = jdbc;
        this.connection = connection;
    }

    /** Looks at the topics of a sink, and writes or takes back what there is to say about each. */
    void look(String sink, Memory memory, Collection<String> topics) {
        Map<String, String> findings = new HashMap<>();
        if (!topics.isEmpty()) {
            settings(topics).forEach((topic, settings) -> {
                String message = finding(sink, memory, topic, settings);
                if (message != null) {
                    findings.put(topic, message);
                }
            });
        }
        List<String> known =
                jdbc.queryForList("SELECT topic FROM millrace.delivery_finding WHERE sink = ?", String.class, sink);
        for (String topic : known) {
            if (!findings.containsKey(topic)) {
                jdbc.update("DELETE FROM millrace.delivery_finding WHERE sink = ? AND topic = ?", sink, topic);
            }
        }
        findings.forEach((topic, message) -> {
            jdbc.update(
                    "INSERT INTO millrace.delivery_finding (sink, topic, message) VALUES (?, ?, ?)"
                            + " ON CONFLICT (sink, topic) DO UPDATE SET message = excluded.message",
                    sink,
                    topic,
                    message);
            if (!known.contains(topic)) {
                log.warn(message);
            }
        });
    }

    private @Nullable String finding(String sink, Memory memory, String topic, Config settings) {
        boolean deletes =
                settings.get(TopicConfig.CLEANUP_POLICY_CONFIG).value().contains("delete");
        long kept = deletes
                ? Long.parseLong(settings.get(TopicConfig.RETENTION_MS_CONFIG).value())
                : -1;
        if (kept >= 0 && Duration.ofMillis(kept).compareTo(memory.time()) <= 0) {
            return null;
        }
        return "Topic " + topic + " keeps records "
                + (kept < 0 ? "for ever" : "for " + Duration.ofMillis(kept).toHours() + " h")
                + ", " + memory.of() + " of " + sink + " are remembered for "
                + memory.time().toHours()
                + " h: a rewind beyond that is refused. Raise " + memory.setting()
                + " or lower the topic's retention.ms.";
    }

    private Map<String, Config> settings(Collection<String> topics) {
        try (Admin admin = Admin.create(connection)) {
            Map<String, Config> found = new HashMap<>();
            admin.describeConfigs(topics.stream()
                            .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                            .toList())
                    .all()
                    .get(15, TimeUnit.SECONDS)
                    .forEach((resource, config) -> found.put(resource.name(), config));
            return found;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while Kafka was asked for the retention of topics", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("Kafka does not tell the retention of topics: " + e, e);
        }
    }
}
