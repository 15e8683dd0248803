package io.millrace.capture.publish;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * An idempotent producer that waits for Kafka however long it takes, and stops for good at the first record that Kafka refuses: a
 * record sent after a lost one would hide the loss. Sent to by one thread.
 */
public final class RecordSender implements AutoCloseable {

    /** Largest record, after compression; topics are created to take as much. */
    public static final int MAX_RECORD_BYTES = 32 << 20;

    private final KafkaProducer<byte[], byte[]> producer;
    private final Acknowledgements acknowledgements;
    private final Set<TopicPartition> begun = new HashSet<>();
    private Batch batch;

    /**
     * @param kafka connection settings, as Kafka's producer takes them
     * @param clientId for logs, metrics and quotas
     */
    public RecordSender(Map<String, Object> kafka, String clientId, String compression) {
        Map<String, Object> settings = new HashMap<>(kafka);
        settings.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.MAX_VALUE);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_RECORD_BYTES);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) MAX_RECORD_BYTES + (4 << 20));
        settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 << 10);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
        this.producer = new KafkaProducer<>(settings);
        // close(0) from the callback's thread: no record behind the refused one leaves the process
        this.acknowledgements = new Acknowledgements(() -> producer.close(Duration.ZERO));
        this.batch = acknowledgements.open();
    }

    /** Returns what Kafka has acknowledged. */
    public Acknowledgements acknowledgements() {
        return acknowledgements;
    }

    void send(
            String topic,
            int partition,
            byte @org.jspecify.annotations.Nullable [] key,
            byte[] value,
            RecordHeaders headers) {
        batch.sent();
        // the batch is told, as callback
        Future<?> sent = producer.send(new ProducerRecord<>(topic, partition, null, key, value, headers), batch);
        TopicPartition to = new TopicPartition(topic, partition);
        if (!begun.contains(to)) {
            awaitFirst(sent);
            begun.add(to);
        }
    }

    /**
     * A broker takes any sequence number from a producer that it does not know. Were the first batch to meet a broker that does not lead
     * the partition yet, and the second one to overtake it, the first would be out of order for ever: so nothing overtakes the first.
     */
    private static void awaitFirst(Future<?> sent) {
        try {
            sent.get();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            // the batch was told of it, and has closed the producer
        }
    }

    /** Ends the present batch: when Kafka has all that was sent before, this much is done. */
    void seal(
            Batch.@org.jspecify.annotations.Nullable Progress progress,
            @org.jspecify.annotations.Nullable Runnable then) {
        Batch ended = batch;
        batch = acknowledgements.open();
        ended.seal(progress, then);
        acknowledgements.sealed(ended);
    }

    /** Gives up what is not sent yet. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
