package io.millrace.sync.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PortionsTests {

    private static List<Integer> sizes(int rows, int bytesEach) {
        List<Integer> all = IntStream.range(0, rows).boxed().toList();
        Portions portions = new Portions();
        List<Integer> sizes = new ArrayList<>();
        for (int done = 0; done < rows; ) {
            List<Integer> portion = portions.next(all, done);
            assertThat(portion).first().isEqualTo(done);
            sizes.add(portion.size());
            portions.read(portion.size(), (long) portion.size() * bytesEach);
            done += portion.size();
        }
        return sizes;
    }

    @Test
    void smallRowsAreReadManyAtATimeAfterAFew() {
        assertThat(sizes(4000, 500)).containsExactly(1, 16, 256, 1000, 1000, 1000, 727);
    }

    @Test
    void nothingReadIsNoLargeRow() {
        assertThat(sizes(20, 0)).containsExactly(1, 16, 3);
    }

    @Test
    void rowsOfMegabytesAreReadOneByOne() {
        assertThat(sizes(5, 10 << 20)).containsExactly(1, 1, 1, 1, 1);
    }

    @Test
    void rowsOfAHundredKilobytesFillTwoMegabytes() {
        assertThat(sizes(60, 100 << 10)).containsExactly(1, 16, 20, 20, 3);
    }
}
