package io.millrace.sync.rebuild;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import java.util.List;
import org.junit.jupiter.api.Test;

class LatestTests {

    private final CapturedTable table = TestTables.items();
    private final TestEvents events = new TestEvents(table);

    @Test
    void newestOfEachRowIsLeftWithTheValuesOfTheOlderAndTheTruncateButNothingWithoutAKey() {
        Change first = new Change(table, events.create("{\"id\":1}", "{\"id\":1,\"name\":\"a\",\"note\":\"long\"}"));
        Change truncate = new Change(table, events.truncate());
        Change keyless = new Change(table, events.create(null, "{\"id\":2}"));
        Change last = new Change(
                table,
                events.update(
                        "{\"id\":1}",
                        null,
                        "{\"id\":1,\"name\":\"b\",\"note\":\"__debezium_unavailable_value\"}",
                        "note"));
        List<Change> latest = Latest.of(List.of(first, truncate, keyless, last));
        assertThat(latest).hasSize(2).endsWith(truncate);
        assertThat(latest.get(0).event().after()).hasToString("{\"id\":1,\"name\":\"b\",\"note\":\"long\"}");
    }
}
