package io.millrace.capture.engine;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of capture; what a DBA changes at run time is in the catalog instead.
 *
 * @param enabled whether this process captures at all
 * @param topicPartitions partitions of a new topic
 * @param topicReplicationFactor copies of a new topic
 * @param compression of records: none, lz4, zstd ...
 * @param heartbeatInterval how often a message is written at the source, so that the slot moves while others are busy
 * @param reconcileInterval how often the catalog is read for what changed
 * @param snapshotChunkRows rows that a snapshot reads at a time, and may be ahead of the slowest sink
 * @param answerTimeout how long a source may leave a statement without an answer before its connections count as lost
 * @param drainTimeout how long a stop waits for what was read to be in Kafka
 * @param maxBackoff longest wait between two attempts to start
 * @param leaseTimeout after which a standby takes over from a process that does not renew its lease of a source
 * @param retainedWalWarning WAL kept for a slot without a limit, from which on health and log warn
 */
@ConfigurationProperties("millrace.capture")
public record CaptureProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("3") int topicPartitions,
        @DefaultValue("1") short topicReplicationFactor,
        @DefaultValue("lz4") String compression,
        @DefaultValue("10s") Duration heartbeatInterval,
        @DefaultValue("250ms") Duration reconcileInterval,
        @DefaultValue("2000") int snapshotChunkRows,
        @DefaultValue("30s") Duration answerTimeout,
        @DefaultValue("10s") Duration drainTimeout,
        @DefaultValue("30s") Duration maxBackoff,
        @DefaultValue("4s") Duration leaseTimeout,
        @DefaultValue("10GB") DataSize retainedWalWarning) {

    public CaptureProperties {
        if (topicPartitions < 1) {
            throw new IllegalArgumentException(
                    "millrace.capture.topic-partitions is " + topicPartitions + "; a topic has at least 1");
        }
        if (leaseTimeout.toMillis() < 500) {
            throw new IllegalArgumentException("millrace.capture.lease-timeout is " + leaseTimeout.toMillis()
                    + " ms; below 500 ms a busy process would lose its sources");
        }
        if (answerTimeout.toMillis() < 1000) {
            throw new IllegalArgumentException("millrace.capture.answer-timeout is " + answerTimeout.toMillis()
                    + " ms; below 1 s a busy source would be taken for one that is lost");
        }
        if (answerTimeout.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("millrace.capture.answer-timeout is " + answerTimeout
                    + "; beyond an hour nobody would notice that a source is lost");
        }
        if (snapshotChunkRows < 1) {
            throw new IllegalArgumentException(
                    "millrace.capture.snapshot-chunk-rows is " + snapshotChunkRows + "; it must be at least 1");
        }
    }
}
