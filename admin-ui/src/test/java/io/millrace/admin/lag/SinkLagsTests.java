package io.millrace.admin.lag;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.admin.lag.WaitingRecords.Place;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.TableState;
import io.millrace.event.TableId;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class SinkLagsTests {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final TopicPartition FIRST = new TopicPartition("src.public.t", 0);
    private static final TopicPartition SECOND = new TopicPartition("src.public.t", 1);
    private static final CapturedTable TABLE = new CapturedTable(
            1,
            "src",
            new TableId("public", "t"),
            "src.public.t",
            List.of("id"),
            List.of(),
            1,
            ReplicaIdentity.DEFAULT,
            TableState.STREAMING,
            null,
            NOON,
            "anna",
            NOON,
            List.of(new SinkBinding(1, "redis", BindingState.ACTIVE, null, NOON, "{}")));

    private final Records kafka = new Records();
    private final SinkLags lags = new SinkLags(kafka);

    /** The commit times of records in Kafka, and what was asked for. */
    private static final class Records implements WaitingRecords {

        final Map<Place, Instant> committed = new HashMap<>();
        final Set<Place> asked = new HashSet<>();

        @Override
        public Map<Place, Instant> committedAt(Set<Place> places) {
            asked.addAll(places);
            Map<Place, Instant> answer = new HashMap<>(committed);
            answer.keySet().retainAll(places);
            return answer;
        }
    }

    private static DeliveryOffset applied(int partition, long next) {
        // long ago: a table that is written to once a day is not a day behind
        Instant lastCommit = NOON.minusSeconds(86_400);
        return new DeliveryOffset(
                "redis", "src.public.t", partition, next, null, lastCommit, next, null, null, 0, 0, null, lastCommit);
    }

    private SinkLag sample(int second, Map<TopicPartition, Long> ends, DeliveryOffset... offsets) {
        Instant now = NOON.plusSeconds(second);
        return lags.sample(List.of(TABLE), List.of(offsets), ends, Map.of("src", now.minusMillis(300)), now)
                .get(0);
    }

    @Test
    void nothingWaitsIsNoLagHoweverLongAgoTheLastChangeWas() {
        sample(0, Map.of(FIRST, 7L), applied(0, 7));
        SinkLag lag = sample(1, Map.of(FIRST, 7L), applied(0, 7));
        assertThat(lag.seconds()).isZero();
        assertThat(lag.records()).isZero();
        assertThat(lag.behind()).isFalse();
        assertThat(kafka.asked).isEmpty();
    }

    @Test
    void whatCameSinceTheSampleBeforeIsOnItsWay() {
        sample(0, Map.of(FIRST, 7L), applied(0, 7));
        SinkLag lag = sample(1, Map.of(FIRST, 9L), applied(0, 7));
        assertThat(lag.records()).isEqualTo(2);
        assertThat(lag.seconds()).isZero();
        assertThat(lag.behind()).isFalse();
        assertThat(lag.upTo()).as("what Kafka had at the sample before").isEqualTo(NOON.minusMillis(300));
        assertThat(kafka.asked).isEmpty();
    }

    @Test
    void whatWaitsIsAsOldAsItsOldestRecord() {
        kafka.committed.put(new Place(FIRST, 7), NOON.minusMillis(1_500));
        kafka.committed.put(new Place(SECOND, 3), NOON.minusMillis(200));
        sample(0, Map.of(FIRST, 9L, SECOND, 4L), applied(0, 7), applied(1, 3));
        SinkLag lag = sample(1, Map.of(FIRST, 9L, SECOND, 4L), applied(0, 7), applied(1, 3));
        assertThat(lag.records()).isEqualTo(3);
        assertThat(lag.seconds()).isEqualTo(2.5);
        assertThat(lag.upTo()).isEqualTo(NOON.minusMillis(1_500));
        assertThat(lag.behind()).isTrue();
    }

    @Test
    void aSinkThatMovesOnIsAsOldAsWhatIsNextNow() {
        kafka.committed.put(new Place(FIRST, 7), NOON.minusSeconds(60));
        kafka.committed.put(new Place(FIRST, 8), NOON.minusMillis(500));
        assertThat(sample(0, Map.of(FIRST, 9L), applied(0, 7)).seconds()).isEqualTo(60);
        SinkLag lag = sample(1, Map.of(FIRST, 9L), applied(0, 8));
        assertThat(lag.seconds()).isEqualTo(1.5);
        assertThat(lag.behind()).as("two seconds are not over").isFalse();
    }

    @Test
    void whatWaitsSinceAnUnknownTimeIsBehindAndNotZero() {
        SinkLag lag = sample(0, Map.of(FIRST, 9L), applied(0, 7));
        assertThat(lag.seconds()).isNull();
        assertThat(lag.upTo()).isNull();
        assertThat(lag.behind()).isTrue();
    }

    @Test
    void aSinkThatNeverAppliedAnythingWaitsFromTheFirstRecord() {
        kafka.committed.put(new Place(FIRST, 0), NOON.minusSeconds(5));
        assertThat(sample(0, Map.of(FIRST, 9L)).seconds()).isEqualTo(5);
        assertThat(kafka.asked).containsExactly(new Place(FIRST, 0));
    }

    @Test
    void withoutKafkaNothingIsKnown() {
        SinkLag lag = lags.sample(List.of(TABLE), List.of(applied(0, 7)), null, Map.of(), NOON)
                .get(0);
        assertThat(lag.records()).isNull();
        assertThat(lag.seconds()).isNull();
        assertThat(lag.applied()).isEqualTo(7);
    }

    @Test
    void aSourceWhoseClockIsAheadIsNotBehindByLessThanNothing() {
        kafka.committed.put(new Place(FIRST, 7), NOON.plusSeconds(30));
        assertThat(sample(0, Map.of(FIRST, 9L), applied(0, 7)).seconds()).isZero();
    }
}
