package io.millrace.sync.shaping;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SinkShapingTests {

    private final CapturedTable items = TestTables.items();
    private final SinkShaping shaping = SinkShaping.of("redis", SinkKind.STATE, null, null, new SimpleMeterRegistry());

    private CapturedTable bound(String options, BindingState elsewhere) {
        Shaping without = new Shaping(List.of("id", "name"), Map.of(), Map.of(), null, List.of());
        return TestTables.withSinks(
                items,
                List.of(
                        new SinkBinding(items.id(), "audit", elsewhere, null, Instant.EPOCH, "{}"),
                        new SinkBinding(
                                items.id(),
                                "redis",
                                BindingState.ACTIVE,
                                null,
                                Instant.EPOCH,
                                options,
                                without.toJson(),
                                1)));
    }

    private TableShaping of(CapturedTable table) {
        return shaping.of(table, table.sinks().get(1));
    }

    @Test
    void optionsThatWereChangedAreThoseOfTheShapedTable() {
        TableShaping before = of(bound("{}", BindingState.ACTIVE));
        CapturedTable changed = bound("{\"key\":\"item/{id}\",\"timeToLive\":\"7d\"}", BindingState.ACTIVE);
        RedisOptions options = RedisOptions.of(of(changed).table());
        assertThat(options.key().prefix("shop", items.table())).isEqualTo("item/");
        assertThat(options.timeToLive()).isEqualTo(Duration.ofDays(7));
        assertThat(before.table().columns()).isEqualTo(of(changed).table().columns());
    }

    @Test
    void bindingThatIsNewerThanTheTableIsThatOfTheShapedTable() {
        CapturedTable table = bound("{}", BindingState.ACTIVE);
        Shaping renamed = new Shaping(null, Map.of("id", "number"), Map.of(), null, List.of());
        SinkBinding newer = new SinkBinding(
                items.id(), "redis", BindingState.ACTIVE, null, Instant.EPOCH, "{}", renamed.toJson(), 2);
        assertThat(RedisOptions.keyColumns(shaping.of(table, newer).table())).containsExactly("id");
    }

    @Test
    void whatElseABindingTellsIsNoReasonToMakeTheShapingAgain() {
        TableShaping before = of(bound("{}", BindingState.ACTIVE));
        assertThat(of(bound("{}", BindingState.PAUSED))).isSameAs(before);
    }
}
