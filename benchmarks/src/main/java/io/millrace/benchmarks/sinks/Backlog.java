package io.millrace.benchmarks.sinks;

import io.millrace.benchmarks.sinks.Workload.Made;
import io.millrace.event.EventHeaders;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Fills a topic with the records that capture would have written. */
final class Backlog {

    private static final int PARTITIONS = 3;

    private Backlog() {}

    static void fill(String servers, Workload workload) throws InterruptedException, ExecutionException {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(new NewTopic(workload.topic(), PARTITIONS, (short) 1)))
                    .all()
                    .get();
            // until the broker leads a new partition it refuses records, and may then take the second batch before the
            // first
            Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
            for (int partition = 0; partition < PARTITIONS; partition++) {
                ends.put(new TopicPartition(workload.topic(), partition), OffsetSpec.latest());
            }
            admin.listOffsets(ends).all().get();
        }
        AtomicReference<Exception> failure = new AtomicReference<>();
        long micros = System.currentTimeMillis() * 1000;
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        servers,
                        "linger.ms",
                        20,
                        "batch.size",
                        256 * 1024,
                        ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                        1),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            Callback noted = (metadata, e) -> {
                if (e != null) {
                    failure.set(e);
                }
            };
            workload.each(made -> {
                var unused = producer.send(record(workload, made, micros + made.number()), noted);
            });
            producer.flush();
        }
        if (failure.get() != null) {
            throw new ExecutionException("The backlog could not be written to Kafka", failure.get());
        }
    }

    private static ProducerRecord<byte[], byte[]> record(Workload workload, Made made, long micros) {
        String envelope = "{\"before\":null,\"after\":" + new String(made.row(), StandardCharsets.US_ASCII)
                + ",\"source\":{\"version\":\"bench\",\"connector\":\"postgresql\",\"name\":\"" + Workload.SOURCE
                + "\",\"db\":\"shop\",\"schema\":\"" + Workload.SCHEMA + "\",\"table\":\"" + workload.name()
                + "\",\"ts_ms\":" + micros / 1000 + ",\"ts_us\":" + micros + ",\"snapshot\":\"false\",\"txId\":"
                + (700 + made.number() / 100) + ",\"lsn\":" + made.lsn()
                + "},\"transaction\":null,\"op\":\"u\",\"ts_ms\":"
                + micros / 1000 + ",\"ts_us\":" + micros + "}";
        var record = new ProducerRecord<>(workload.topic(), ascii("{\"id\":" + made.key() + "}"), ascii(envelope));
        record.headers()
                .add(EventHeaders.POSITION, ascii(made.position()))
                .add(EventHeaders.EVENT_ID, ascii(Workload.SOURCE + "-" + made.position()))
                .add(EventHeaders.LSN, ascii(String.format(Locale.ROOT, "%016X", made.lsn())))
                .add(EventHeaders.SCHEMA_VERSION, ascii("1"));
        return record;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
