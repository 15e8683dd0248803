package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PortionSizeTests {

    private final PortionSize size = new PortionSize();

    private int after(long bytes) {
        size.read(bytes);
        return size.documents();
    }

    @Test
    void beginsWithOneAndGrowsWhileDocumentsAreSmall() {
        assertThat(size.documents()).isEqualTo(1);
        assertThat(after(100)).isEqualTo(4);
        assertThat(after(100)).isEqualTo(16);
        assertThat(after(100)).isEqualTo(64);
        assertThat(after(100)).isEqualTo(64);
    }

    @Test
    void asManyAsMakeUpTwoMegabytesIfAllAreAsLargeAsTheLargest() {
        after(100);
        assertThat(after(500_000)).isEqualTo(4);
        assertThat(after(3_000_000)).isEqualTo(1);
        assertThat(after(3_000_000)).isEqualTo(1);
    }

    @Test
    void aLargeDocumentAmongSmallOnesIsForgottenAgain() {
        after(30_000_000);
        int portions = 0;
        while (after(100) < 64) {
            portions++;
        }
        assertThat(portions).isBetween(10, 30);
    }

    @Test
    void whatWasTooMuchIsAskedForInParts() {
        after(100);
        after(100);
        after(100);
        size.tooMany(64);
        assertThat(size.documents()).isEqualTo(16);
        size.tooMany(3);
        assertThat(size.documents()).isEqualTo(1);
    }
}
