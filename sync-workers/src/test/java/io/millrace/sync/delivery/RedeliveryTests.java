package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.sink.SinkKind;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class RedeliveryTests {

    private final TopicPartition partition = new TopicPartition("shop.public.items", 0);
    private final LettersInMemory letters = new LettersInMemory();

    @Test
    void lettersThatTheTimeBetweenTwoPollsDoesNotSufficeForStayDue() {
        for (int i = 0; i < 5; i++) {
            letters.due.add(new KeptLetter(i, "sink", partition, i, null, (long) i, null));
        }
        Redelivery redelivery =
                new Redelivery(new SteerableSink("sink", SinkKind.STATE), null, letters, null, null, null, null);
        AtomicInteger asked = new AtomicInteger();
        try (SteeredConsumer consumer = new SteeredConsumer(
                Map.of("bootstrap.servers", "localhost:1", "group.id", "test"),
                polling -> {},
                null,
                new Headroom(1 << 20).share())) {
            redelivery.run(null, consumer, partition, null, () -> asked.incrementAndGet() <= 2);
            assertThat(letters.refusedAgain).containsExactly(0L, 1L);
            redelivery.run(null, consumer, partition, null, () -> true);
        }
        assertThat(letters.refusedAgain).containsExactly(0L, 1L, 2L, 3L, 4L);
    }
}
