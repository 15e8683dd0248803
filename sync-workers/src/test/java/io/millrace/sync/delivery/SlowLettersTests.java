package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.deadletter.KeptLetter;
import java.time.Duration;
import java.util.List;
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

    @Test
    void aLetterWhoseTryCostTheSinkATimeIsTriedTheLessOftenToo() {
        pauses.begins();
        pauses.pause(letter, SECOND, Duration.ofMinutes(1));
        pass(Duration.ofMinutes(30));
        assertThat(pauses.letters()).containsExactly(1L);
        pass(Duration.ofMinutes(1));
        assertThat(pauses.letters()).isEmpty();

        pauses.begins();
        pauses.pause(letter, SECOND, Duration.ofHours(1));
        pass(Duration.ofMinutes(89));
        assertThat(pauses.letters()).containsExactly(1L);
        pass(Duration.ofMinutes(1));
        assertThat(pauses.letters())
                .as("such a time is meant for all, as a rule")
                .isEmpty();
    }

    private static KeptLetter letter(long id, Long row) {
        return new KeptLetter(id, "sink", new TopicPartition("shop.public.items", 0), id, null, row, null);
    }

    /** There may be time for one try only: the first would be tried over and over. */
    @Test
    void whatWasTriedBeforeComesBehindTheOthersAndEachHasItsTurn() {
        List<KeptLetter> due = List.of(
                letter(1, 11L), letter(2, 12L), letter(3, 11L), letter(4, null), letter(5, null), letter(6, 13L));
        pauses.pause(due.get(3), SECOND);
        pass(Duration.ofSeconds(1));
        pauses.pause(due.get(0), SECOND);
        pass(Duration.ofSeconds(1));
        assertThat(pauses.inTurn(due)).extracting(KeptLetter::id).containsExactly(2L, 5L, 6L, 4L, 1L, 3L);
    }
}
