package io.millrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SourcePositionTests {

    @ParameterizedTest
    @CsvSource({"1,27440944,0", "2047,-1,2147483647", "1,0,-2147483648", "3,9007199254740993,-5"})
    void textReadsBackAsTheSamePosition(int epoch, long commitLsn, int ordinal) {
        SourcePosition position = new SourcePosition(epoch, commitLsn, ordinal);

        assertThat(SourcePosition.parse(position.toString())).isEqualTo(position);
    }

    @Test
    void eventIdOfASourceWithDashesKeepsThePosition() {
        SourcePosition position = new SourcePosition(1, 0x1A2B3C8L, 17);

        assertThat(position.eventId("web-shop")).isEqualTo("web-shop-1-0000000001A2B3C8-00000011");
        assertThat(SourcePosition.ofEventId("web-shop-1-0000000001A2B3C8-00000011"))
                .isEqualTo(position);
    }

    @Test
    void epochThenCommitLsnThenOrdinalDecide() {
        assertThat(new SourcePosition(1, -1L, 9)).isLessThan(new SourcePosition(2, 0, 0));
        assertThat(new SourcePosition(1, 5, 9)).isLessThan(new SourcePosition(1, 6, 0));
        assertThat(new SourcePosition(1, 5, 1)).isLessThan(new SourcePosition(1, 5, 2));
    }

    @Test
    void commitLsnsCompareAsUnsignedNumbers() {
        assertThat(new SourcePosition(1, Long.MAX_VALUE, 0)).isLessThan(new SourcePosition(1, Long.MIN_VALUE, 0));
    }

    @Test
    void snapshotReadStandsBeforeEveryChangeAtItsLsnAndSharesNoId() {
        SourcePosition read = SourcePosition.ofRead(1, 100, 3);
        SourcePosition change = new SourcePosition(1, 100, 3);

        assertThat(read).isLessThan(new SourcePosition(1, 100, 0));
        assertThat(read.eventId("shop")).isNotEqualTo(change.eventId("shop"));
    }

    @ParameterizedTest
    @CsvSource({"''", "1-2", "1-zz-00000000", "x-0000000000000001-00000000"})
    void whatIsNoPositionIsRefused(String text) {
        assertThatThrownBy(() -> SourcePosition.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
