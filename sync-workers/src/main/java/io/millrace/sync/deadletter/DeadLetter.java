package io.millrace.sync.deadletter;

import io.millrace.event.ChangeEvent;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A rejected record.
 *
 * @param event what it holds; null when it is no event of the contract
 * @param cause why it was rejected, for people
 */
public record DeadLetter(
        ConsumerRecord<byte[], byte[]> record, @Nullable ChangeEvent event, String cause) {}
