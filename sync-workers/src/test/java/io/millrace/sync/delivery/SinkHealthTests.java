package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class SinkHealthTests {

    private final AtomicLong now = new AtomicLong(7);
    private CurrentTopics.Silence silence;
    private final SinkHealth health = new SinkHealth(now::get, () -> silence);

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void isDownWhenTheCatalogWasNotReadForTenSecondsAndUpWithTheNextLook() {
        health.looked();
        pass(Duration.ofSeconds(10));
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        pass(Duration.ofSeconds(1));
        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        assertThat(health.health().getDetails().get("cause"))
                .isEqualTo("The catalog in the platform database has not been read for 11 s: delivery waits for it");
        health.looked();
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void staysDownWhileAnyPartitionWaitsWhoeverGoesOn() {
        TopicPartition stuck = new TopicPartition("shop.public.orders", 0);
        TopicPartition other = new TopicPartition("shop.public.orders", 1);
        assertThat(health.waits(List.of(stuck), "It is away")).as("said once").isTrue();
        assertThat(health.waits(List.of(stuck, other), "It is away")).isFalse();
        assertThat(health.passed(List.of(other))).as("taken again").isFalse();
        assertThat(health.health().getDetails().get("cause")).isEqualTo("It is away");
        assertThat(health.passed(List.of(stuck))).isTrue();
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
        assertThat(health.passed(List.of(stuck))).isFalse();

        health.waits(List.of(stuck), "It is away again");
        health.forget(List.of(stuck));
        assertThat(health.health().getStatus()).as("another's now").isEqualTo(Status.UP);
    }

    @Test
    void aConsumerThatEndedIsShownUntilOneTakesChanges() {
        TopicPartition partition = new TopicPartition("shop.public.orders", 0);
        health.started();
        health.ended("It ended");
        health.passed(List.of(partition));
        assertThat(health.health().getDetails().get("cause"))
                .as("the other consumer goes on")
                .isEqualTo("It ended");
        health.started();
        health.passed(List.of());
        assertThat(health.health().getStatus()).isEqualTo(Status.DOWN);
        health.passed(List.of(partition));
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void faultOfTheServiceIsShownWhileTheCatalogIsRead() {
        health.checked("It is away");
        assertThat(health.health().getDetails().get("cause")).isEqualTo("It is away");
        health.checked(null);
        assertThat(health.health().getStatus()).isEqualTo(Status.UP);
    }

    private Object cause() {
        return health.health().getDetails().get("cause");
    }

    @Test
    void whatConsumersCannotPollIsShownUntilEachPolls() {
        TopicPartition stuck = new TopicPartition("shop.public.orders", 0);
        health.waits(List.of(stuck), "It is away");
        health.cannotPoll("first", "Not allowed");
        health.cannotPoll("second", "Not allowed either");
        assertThat(cause()).as("what waits is not tried meanwhile").isEqualTo("Not allowed");
        health.polls("first");
        assertThat(cause()).as("the other one's").isEqualTo("Not allowed either");
        health.polls("second");
        assertThat(cause()).isEqualTo("It is away");
    }

    @Test
    void aKafkaThatDoesNotAnswerIsShownBeforeAllElse() {
        health.cannotPoll("first", "Not allowed");
        Instant since = Instant.now();
        silence = new CurrentTopics.Silence("No answer", since);
        assertThat(health.health().getDetails())
                .containsEntry("cause", "No answer")
                .containsEntry("since", since.toString());
        silence = null;
        assertThat(cause()).isEqualTo("Not allowed");
    }
}
