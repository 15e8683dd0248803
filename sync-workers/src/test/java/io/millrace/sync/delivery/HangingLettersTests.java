package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A receiver hangs at dead letters of many rows; their tries are in the thread that delivers what is new. */
class HangingLettersTests extends EffectsScenario {

    private static final Backoff SHORT = new Backoff(Duration.ofNanos(4), Duration.ofNanos(4));

    private final AtomicLong nanos = new AtomicLong();
    private final Places places = new Places(
            "effects",
            SinkKind.EFFECT,
            (stopped, message) -> {},
            SHORT,
            new Redelivery(sink, reader(), letters, faults, null, metrics, SHORT),
            letters,
            metrics,
            new SinkHealth(System::nanoTime, () -> null),
            new CurrentTopics(Map.of()));
    private final SteeredConsumer consumer = new SteeredConsumer(
            Map.of("bootstrap.servers", "localhost:1", "group.id", "test"),
            polling -> {},
            new DeliveryOffsets("effects", nothingStored()),
            new Headroom(1 << 20).share(),
            new LetterTurns(nanos::get));

    @BeforeEach
    void keepLetters() {
        for (int i = 0; i < 40; i++) {
            ConsumerRecord<byte[], byte[]> record = record(partition, i, row(i, "hangs " + i));
            letters.records.put((long) i, record);
            letters.due.add(
                    new KeptLetter(i, "effects", partition, i, null, HeldKeys.hash(table, record), "event " + i));
            sink.refused.put("hangs " + i, ErrorCategory.RETRYABLE);
        }
        sink.beside = name -> pass(Duration.ofSeconds(10));
        consumer.assign(List.of(partition));
        consumer.place(partition).stand(40, 0, 0);
        consumer.seek(partition, 40);
        places.notices(new Notices(Map.of(), Set.of(partition), 40));
    }

    @AfterEach
    void close() {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    private void poll() {
        places.routes(Map.of(table.topic(), route), System.nanoTime());
        places.beforePoll(consumer);
    }

    @Test
    void afterATryThatHungThereIsTimeForWhatIsNew() {
        poll();
        for (int i = 0; i < 8; i++) {
            pass(Duration.ofSeconds(11));
            poll();
        }
        assertThat(sink.asked).containsExactly("hangs 0");
        pass(Duration.ofSeconds(2));
        poll();
        assertThat(sink.asked).containsExactly("hangs 0", "hangs 1");
    }

    /** Given again at once it would have it left alone for ever, and nothing new would ever go. */
    @Test
    void whereTheSinkAsksToBeLeftAloneBecauseOfALetterThereIsTimeForWhatIsNewAfterwards() {
        sink.beside = name -> {};
        sink.saidOfAll.put("hangs 0", Duration.ofMinutes(1));
        poll();
        assertThat(consumer.place(partition).letters().letters()).contains(0L);
        pass(Duration.ofMinutes(9));
        poll();
        assertThat(sink.asked).containsExactly("hangs 0");
        pass(Duration.ofMinutes(2));
        // the partition's own letters rest for a moment after each that was said of all
        consumer.forget(List.of(partition));
        consumer.place(partition).stand(40, 0, 0);
        sink.saidOfAll.clear();
        poll();
        assertThat(sink.asked).hasSizeGreaterThan(1);
    }

    @Test
    void thoseThatFailAtOnceHaveAllTheTimeThatThereIsForLetters() {
        sink.beside = name -> pass(Duration.ofMillis(150));
        poll();
        poll();
        assertThat(sink.asked).containsExactly("hangs 0", "hangs 1", "hangs 2", "hangs 3");
    }
}
