package io.millrace.sync.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PortionsTests {

    private record Row(long table, int size, boolean found) {}

    private static List<Row> rows(long table, int count, int size) {
        return IntStream.range(0, count)
                .mapToObj(i -> new Row(table, size, true))
                .collect(Collectors.toList());
    }

    /** Returns how many rows each portion had. */
    private static List<Integer> sizes(List<Row> rows) {
        List<Integer> sizes = new ArrayList<>();
        List<Row> seen = new ArrayList<>();
        Portions<Row> portions = Portions.of(rows, Row::table);
        while (portions.hasNext()) {
            List<Row> portion = portions.next();
            sizes.add(portion.size());
            seen.addAll(portion);
            portions.completed(
                    portion.stream().filter(Row::found).mapToLong(Row::size).max());
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(rows);
        return sizes;
    }

    @Test
    void smallRowsAreReadManyAtATimeAfterAFew() {
        assertThat(sizes(rows(1, 1000, 500))).containsExactly(1, 4, 16, 64, 256, 256, 256, 147);
    }

    @Test
    void rowsOfMegabytesAreReadOneByOne() {
        assertThat(sizes(rows(1, 5, 10 << 20))).containsExactly(1, 1, 1, 1, 1);
    }

    @Test
    void rowsOfAHundredKilobytesFillTwoMegabytes() {
        assertThat(sizes(rows(1, 60, 100 << 10))).containsExactly(1, 4, 16, 20, 19);
    }

    @Test
    void whatIsNotThereSaysNothingOfTheNext() {
        List<Row> lost = new ArrayList<>(
                IntStream.range(0, 3).mapToObj(i -> new Row(1, 0, false)).toList());
        lost.addAll(rows(1, 2, 10 << 20));
        assertThat(sizes(lost)).containsExactly(1, 1, 1, 1, 1);
    }

    @Test
    void oneTablesSmallRowsSayNothingOfAnothers() {
        assertThat(sizes(Stream.concat(rows(1, 21, 100).stream(), rows(2, 2, 10 << 20).stream())
                        .toList()))
                .containsExactly(1, 4, 16, 1, 1);
    }
}
