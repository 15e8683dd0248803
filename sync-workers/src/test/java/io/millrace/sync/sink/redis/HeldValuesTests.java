package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HeldValuesTests {

    /** Returns how many values of these sizes are read at a time. */
    private static List<Integer> portions(List<Long> sizes) {
        List<Integer> portions = new ArrayList<>();
        for (int from = 0, end; from < sizes.size(); from = end) {
            end = HeldValues.portion(sizes, from);
            portions.add(end - from);
        }
        return portions;
    }

    private static List<Long> sizes(int count, long size) {
        return Collections.nCopies(count, size);
    }

    @Test
    void smallValuesAreReadTogether() {
        assertThat(portions(sizes(256, 500))).containsExactly(256);
    }

    @Test
    void valuesOfMegabytesAreReadOneByOne() {
        assertThat(portions(sizes(3, 10 << 20))).containsExactly(1, 1, 1);
    }

    @Test
    void valuesOfAHundredKilobytesFillTwoMegabytes() {
        assertThat(portions(sizes(60, 100 << 10))).containsExactly(20, 20, 20);
    }

    @Test
    void whatIsNotThereTakesNoRoom() {
        assertThat(portions(Stream.concat(sizes(30, 0).stream(), sizes(2, 10 << 20).stream())
                        .toList()))
                .containsExactly(30, 1, 1);
    }

    @Test
    void smallValuesSayNothingOfLargeOnesBehindThem() {
        assertThat(portions(Stream.concat(sizes(200, 500).stream(), sizes(3, 1 << 20).stream())
                        .toList()))
                .containsExactly(201, 2);
    }
}
