package io.millrace.sync.delivery;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * Takes the place of Spring Kafka's default error handler, which gives up after ten attempts and passes over the record. Delivery
 * handles its own faults; what still arrives here goes back to where it was, always.
 */
final class NeverSkipping implements CommonErrorHandler {

    private static final Logger log = LoggerFactory.getLogger(NeverSkipping.class);
    private static final Duration PAUSE = Duration.ofMillis(500);

    private static final Duration SILENCE = Duration.ofMinutes(1);

    private final String sink;
    private @Nullable String lastFault;
    private Instant quietUntil = Instant.MIN;

    NeverSkipping(String sink) {
        this.sink = sink;
    }

    @Override
    public boolean isAckAfterHandle() {
        return false;
    }

    @Override
    public void handleBatch(
            Exception thrown,
            ConsumerRecords<?, ?> records,
            Consumer<?, ?> consumer,
            MessageListenerContainer container,
            Runnable listener) {
        log.error("{}: a batch goes back", sink, thrown);
        for (TopicPartition partition : records.partitions()) {
            consumer.seek(partition, records.records(partition).get(0).offset());
        }
        rest(consumer);
    }

    @Override
    public void handleOtherException(
            Exception thrown, Consumer<?, ?> consumer, MessageListenerContainer container, boolean batchListener) {
        sayOnce(thrown);
        rest(consumer);
    }

    /** Two stacks a second would bury everything else that is said while Kafka is away. */
    private synchronized void sayOnce(Exception thrown) {
        String fault = thrown.toString();
        Instant now = Instant.now();
        if (fault.equals(lastFault) && now.isBefore(quietUntil)) {
            log.debug("{}: polling failed, tried again: {}", sink, fault);
            return;
        }
        log.error(
                "{}: polling failed, tried again; the same fault is not said again for {} s",
                sink,
                SILENCE.toSeconds(),
                thrown);
        lastFault = fault;
        quietUntil = now.plus(SILENCE);
    }

    /** Keeps a lasting fault from spinning. A poll with all paused would rest too, and might throw again. */
    private static void rest(Consumer<?, ?> consumer) {
        Set<TopicPartition> assigned = consumer.assignment();
        try {
            Thread.sleep(PAUSE.toMillis());
        } catch (InterruptedException e) {
            throw new InterruptException("Stopped while " + assigned.size() + " partitions waited", e);
        }
    }
}
