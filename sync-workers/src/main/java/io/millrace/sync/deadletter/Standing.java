package io.millrace.sync.deadletter;

import org.apache.kafka.common.TopicPartition;

/**
 * How many dead letters of a sink in one partition are not settled.
 *
 * @param due whether some of them can be given to the sink now
 */
public record Standing(String sink, TopicPartition partition, long letters, boolean due) {}
