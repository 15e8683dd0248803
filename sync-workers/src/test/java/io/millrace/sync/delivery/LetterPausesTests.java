package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.sync.deadletter.KeptLetter;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LetterPausesTests {

    private static final Backoff LONG = new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(1));
    private static final Backoff SHORT = new Backoff(Duration.ofNanos(4), Duration.ofNanos(4));

    private final LetterPauses pauses = new LetterPauses();

    private static KeptLetter letter(long id, Long row) {
        return new KeptLetter(id, "sink", new TopicPartition("shop.public.items", 0), id, null, row, null);
    }

    @Test
    void letterThatWaitsKeepsItsRowWaitingAndNoOther() {
        pauses.pause(letter(1, 11L), LONG);
        pauses.pause(letter(2, null), LONG);
        assertThat(pauses.letters()).containsExactlyInAnyOrder(1L, 2L);
        assertThat(pauses.rows()).containsExactly(11L);
        assertThat(pauses.rests()).isFalse();
    }

    @Test
    void pauseThatIsOverHoldsNothing() {
        pauses.pause(letter(1, 11L), SHORT);
        await().until(() -> pauses.letters().isEmpty());
        assertThat(pauses.rows()).isEmpty();
    }

    @Test
    void whileAllRestTheLetterInFrontLetsTheOthersGoFirstAfterwards() {
        pauses.rest(SHORT);
        await().until(() -> !pauses.rests());
        pauses.rest(new Backoff(Duration.ofMillis(40), Duration.ofMillis(40)));
        pauses.pause(letter(1, 11L), LONG);
        await().until(() -> !pauses.rests());
        assertThat(pauses.letters()).containsExactly(1L);
    }

    @Test
    void whatTheSinkBreaksWithIsNewsOnceForEachLetterUntilThatIsSettled() {
        pauses.pause(letter(1, 11L), SHORT);
        pauses.pause(letter(2, 12L), SHORT);
        assertThat(pauses.isNews(letter(1, 11L), "a")).isTrue();
        assertThat(pauses.isNews(letter(2, 12L), "b")).isTrue();
        await().until(() -> pauses.letters().isEmpty());
        pauses.keep(List.of(letter(1, 11L)));
        assertThat(pauses.isNews(letter(1, 11L), "a")).isFalse();
        assertThat(pauses.isNews(letter(2, 12L), "b"))
                .as("it was settled meanwhile")
                .isTrue();
        assertThat(pauses.isNews(letter(1, 11L), "c")).isTrue();
    }
}
