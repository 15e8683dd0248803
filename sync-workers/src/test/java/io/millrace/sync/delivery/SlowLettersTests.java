package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.deadletter.KeptLetter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class SlowLettersTests {

    private static final Backoff SECOND = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(1));

    private final AtomicLong nanos = new AtomicLong();
    private final LetterPauses pauses = new LetterPauses(nanos::get);
    private final KeptLetter letter =
            new KeptLetter(1, "sink", new TopicPartition("shop.public.items", 0), 1, null, 11L, null);

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** Its tries stop the consumer, and with it all that it has to deliver. */
    @Test
    void aLetterWhoseTriesHangIsTriedTheLessOften() {
        pass(Duration.ofHours(1));
        pauses.begins();
        pauses.pause(letter, SECOND);
        pass(Duration.ofSeconds(1));
        assertThat(pauses.letters()).as("which fails at once").isEmpty();

        pauses.begins();
        pass(Duration.ofSeconds(12));
        pauses.pause(letter, SECOND);
        pass(Duration.ofMinutes(5));
        assertThat(pauses.letters()).containsExactly(1L);
        assertThat(pauses.rows()).containsExactly(11L);
        pass(Duration.ofMinutes(1));
        assertThat(pauses.letters()).isEmpty();
    }
}
