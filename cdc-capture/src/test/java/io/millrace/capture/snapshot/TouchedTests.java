package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TouchedTests {

    private final Touched touched = new Touched(2);

    @Test
    void keysAreHeldUpToABoundAndNoneBeyondIt() {
        touched.add("a", true);
        touched.add("b", false);
        touched.add("a", true);
        assertThat(touched.isOverrun()).isFalse();
        assertThat(touched.contains("a")).isTrue();
        assertThat(touched.isIncomplete("b")).isTrue();

        touched.add("c", true);
        touched.add("d", false);
        assertThat(touched.isOverrun()).isTrue();
        assertThat(touched.isEmpty()).as("nothing is held any more").isTrue();
        assertThat(touched.isIncomplete("b")).isFalse();
    }

    @Test
    void theLastChangeOfARowSaysWhetherItLacksAValue() {
        touched.add("a", false);
        touched.add("a", true);
        assertThat(touched.isIncomplete("a")).isFalse();
        touched.add("a", false);
        assertThat(touched.isIncomplete("a")).isTrue();
    }

    @Test
    void aTableThatWasEmptiedHasNoTouchedRows() {
        touched.add("a", false);
        touched.clear();
        assertThat(touched.isEmpty()).isTrue();
        assertThat(touched.isIncomplete("a")).isFalse();
    }
}
