package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.sync.fixture.GoldenRows;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.RebuildableSink;
import io.millrace.sync.sink.RebuildableSink.Copy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Entries as a HASH. */
class RedisHashSinkIT extends RedisContractTests {

    private static final Set<String> BARE = Set.of("int2", "int4", "int8", "bool");

    @Override
    protected CapturedTable bound(CapturedTable made) {
        return TestTables.bound(made, "redis", "{\"format\":\"hash\"}");
    }

    private Map<String, String> fields(CapturedTable table, String key) {
        return ask(all -> all.hgetall(bytes(entry(table, key)))).entrySet().stream()
                .collect(Collectors.toMap(field -> text(field.getKey()), field -> text(field.getValue())));
    }

    /** A field that is not there is NULL; which fields are no texts, their columns' types say. */
    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        Map<String, String> fields = fields(table, key.encoded());
        if (fields.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode row = JSON.createObjectNode();
        table.columns().forEach(column -> {
            String value = fields.get(column.name());
            if (value == null) {
                row.putNull(column.name());
            } else if (BARE.contains(column.typeName())) {
                row.set(column.name(), JSON.readTree(value));
            } else {
                row.put(column.name(), value);
            }
        });
        return Optional.of(row.toString());
    }

    /** A field holds text and no types: of a string the text, of any other value its JSON, and NULL is no field. */
    @Override
    protected void assertHeld(GoldenRows golden) throws Exception {
        table = bound(golden.table());
        events = new TestEvents(table);
        assertThat(write(events.create(GoldenRows.KEY, golden.row()))).isEmpty();
        Map<String, String> expected = new TreeMap<>(Map.of("id", "1"));
        for (int i = 0; i < golden.values().size(); i++) {
            String json = golden.values().get(i).json();
            if (!json.equals("null")) {
                expected.put(
                        "v" + i, json.startsWith("\"") ? JSON.readTree(json).stringValue() : json);
            }
        }
        assertThat(fields(table, "1")).isEqualTo(expected);
    }

    @Test
    void valueThatBecomesNullIsNoFieldAnyMore() throws Exception {
        write(events.create(
                key(1), "{\"id\":1,\"name\":\"a\\\"b\",\"amount\":\"1.50\",\"note\":null,\"data\":\"{}\"}"));
        assertThat(fields(table, "1"))
                .containsOnly(
                        Map.entry("id", "1"),
                        Map.entry("name", "a\"b"),
                        Map.entry("amount", "1.50"),
                        Map.entry("data", "{}"));
        write(events.update(key(1), null, "{\"id\":1,\"name\":null,\"amount\":\"2\",\"note\":\"n\",\"data\":\"{}\"}"));
        assertThat(fields(table, "1"))
                .containsOnly(
                        Map.entry("id", "1"),
                        Map.entry("amount", "2"),
                        Map.entry("note", "n"),
                        Map.entry("data", "{}"));
    }

    @Test
    void valueThatWasNotSentAgainStaysWhenOnlyWhatCameBehindItIsBroughtBack() throws Exception {
        write(events.create(key(1), "{\"id\":1,\"name\":\"a\",\"note\":\"large\"}"));
        ChangeEvent lost = events.update(
                key(1), null, "{\"id\":1,\"name\":\"b\",\"note\":\"__debezium_unavailable_value\"}", "note");
        RebuildableSink rebuildable = (RebuildableSink) sink();
        Copy copy = new Copy(1, table, "{}");
        rebuildable.prepare(copy);
        rebuildable.feed(copy, List.of(new Change(table, lost)));
        rebuildable.exchange(copy);
        rebuildable.discard(copy);
        assertThat(fields(table, "1"))
                .containsOnly(Map.entry("id", "1"), Map.entry("name", "b"), Map.entry("note", "large"));
    }
}
