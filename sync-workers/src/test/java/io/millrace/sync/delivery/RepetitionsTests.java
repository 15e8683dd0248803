package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.event.EventHeaders;
import io.millrace.event.SourcePosition;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class RepetitionsTests {

    private final TestEvents events = new TestEvents(TestTables.items());

    private static ConsumerRecord<byte[], byte[]> record(String publishedUpTo) {
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>("topic", 0, 0, null, null);
        if (publishedUpTo != null) {
            record.headers().add(EventHeaders.PUBLISHED_UP_TO, publishedUpTo.getBytes(StandardCharsets.US_ASCII));
        }
        return record;
    }

    @Test
    void aChangeIsNewOnceWhateverComesBetween() {
        ChangeEvent first = events.create("{\"id\":1}", "{\"id\":1}");
        ChangeEvent second = events.delete("{\"id\":1}");
        Repetitions.Sequence sequence = new Repetitions.Sequence(null);
        assertThat(sequence.isNew(first, record(null))).isTrue();
        assertThat(sequence.isNew(first, record(null))).isFalse();
        assertThat(sequence.isNew(second, record(null))).isTrue();
        assertThat(sequence.isNew(first, record(null))).isFalse();
        assertThat(sequence.isNew(second, record(null))).isFalse();
    }

    @Test
    void whatIsStoredCountsLikeWhatWasSeen() {
        ChangeEvent first = events.create("{\"id\":1}", "{\"id\":1}");
        ChangeEvent second = events.delete("{\"id\":1}");
        Repetitions.Sequence sequence = new Repetitions.Sequence(first.position());
        assertThat(sequence.isNew(first, record(null))).isFalse();
        assertThat(sequence.isNew(second, record(null))).isTrue();
    }

    @Test
    void aNewEpochIsNewerWhateverItsLsn() {
        SourcePosition reached = new SourcePosition(1, Long.MAX_VALUE, 5);
        ChangeEvent change = events.create("{\"id\":1}", "{\"id\":1}");
        assertThat(new Repetitions.Sequence(reached).isNew(change, record(null)))
                .isFalse();
        assertThat(new Repetitions.Sequence(new SourcePosition(0, Long.MAX_VALUE, 5)).isNew(change, record(null)))
                .isTrue();
    }

    @Test
    void aReadIsLeftOutOnlyBehindChangesThatItsCaptureHadNotPublished() {
        ChangeEvent read = events.read("{\"id\":1}", "{\"id\":1}", 0x10);
        SourcePosition reached = new SourcePosition(1, 0x500, 2);
        assertThat(new Repetitions.Sequence(reached).isNew(read, record(null))).isTrue();
        assertThat(new Repetitions.Sequence(reached).isNew(read, record("1-0000000000000500-00000002")))
                .isTrue();
        assertThat(new Repetitions.Sequence(reached).isNew(read, record("1-0000000000000500-00000001")))
                .isFalse();
        assertThat(new Repetitions.Sequence(null).isNew(read, record("1-0000000000000500-00000001")))
                .isTrue();
    }
}
