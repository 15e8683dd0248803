package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.event.golden.GoldenValues;
import io.millrace.localstack.Service;
import io.millrace.sync.fixture.GoldenRows;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkContractTests;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import tools.jackson.databind.JsonNode;

class ElasticsearchSinkIT extends SinkContractTests {

    private IndexLab lab;
    private ElasticsearchSink sink;

    @BeforeAll
    void connect() {
        lab = new IndexLab(stack());
        sink = lab.sink();
    }

    @AfterAll
    void disconnect() throws Exception {
        sink.close();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        JsonNode document = lab.get("/" + IndexNames.alias("shop", table.table()) + "/_doc/"
                + IndexNames.id(key).replace("%", "%25"));
        return document.path("found").asBoolean(false)
                ? Optional.of(document.get("_source").toString())
                : Optional.empty();
    }

    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        return events.create(key(9), "{\"id\":\"secret-value\"}");
    }

    @Override
    protected Service service() {
        return Service.ELASTICSEARCH;
    }

    /** No test: making an index for each type takes a minute. */
    @Override
    protected void everyCanonicalValueOfATypeIsHeld(GoldenValues file) {
        throw new IllegalStateException("All types are in one index");
    }

    @Override
    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "Elasticsearch takes half a minute to start again: ./millrace test --campaign")
    protected void outageIsRetryableAndPasses() throws Exception {
        super.outageIsRetryableAndPasses();
    }

    @Test
    void everyCanonicalValueOfEveryTypeIsHeld() throws Exception {
        assertHeld(GoldenRows.all());
    }

    @Test
    void jsonIsAnObjectWhereItParsesAndElasticsearchTakesIt() throws Exception {
        String[] texts = {
            "{\"a\":{\"b\":[1,2]}}",
            "[1,{\"x\":2}]",
            "{\"a\":1,\"a\":2}",
            "{\"a..b\":1,\".\":2,\"\":3}",
            "not json",
            "5",
            "{\"a\":\n1}"
        };
        List<ChangeEvent> batch = new ArrayList<>();
        for (int i = 0; i < texts.length; i++) {
            batch.add(events.create(key(i), "{\"id\":" + i + ",\"data\":" + JSON.writeValueAsString(texts[i]) + "}"));
        }
        assertThat(write(batch.toArray(ChangeEvent[]::new))).isEmpty();
        assertThat(held(0).get("data")).isEqualTo(JSON.readTree(texts[0]));
        assertThat(held(1).get("data")).isEqualTo(JSON.readTree(texts[1]));
        assertThat(held(2).get("data").asString()).isEqualTo(texts[2]);
        assertThat(held(3).get("data").isNull()).isFalse();
        assertThat(held(4).get("data").asString()).isEqualTo("not json");
        assertThat(held(6).get("data").get("a").asInt()).isEqualTo(1);
    }

    @Test
    void causeOfARejectionShowsNoValue() throws Exception {
        assertThat(write(poison(table, events)))
                .singleElement()
                .satisfies(failure -> assertThat(failure.cause()).contains("id").doesNotContain("secret-value"));
    }

    @Test
    void newColumnExtendsTheMapping() throws Exception {
        write(events.create(key(1), item(1, "a")));
        List<Column> more = new ArrayList<>(table.columns());
        more.add(TestTables.column("added", "int8"));
        table = TestTables.withColumns(table, more);
        events = new TestEvents(table);
        assertThat(write(events.create(key(2), "{\"id\":2,\"added\":5}"))).isEmpty();
        assertThat(held(2).get("added").asInt()).isEqualTo(5);
    }

    @Test
    void droppedColumnOfAnOlderEventIsLeftOut() throws Exception {
        TestEvents older = events;
        ChangeEvent withDropped = older.create(key(1), "{\"id\":1,\"gone\":\"x\"}");
        table = TestTables.withColumns(table, table.columns());
        assertThat(write(withDropped)).isEmpty();
        assertThat(held(1).has("gone")).isFalse();
    }

    /** Together the large ones are more than the client takes as one answer. */
    @Test
    void smallDocumentsSayNothingOfTheLargeOnesThatAreReadToCompleteChangesBehindThem() throws Exception {
        table = TestTables.of(
                TestTables.uniqueName("sizes"),
                List.of("id"),
                List.of(
                        TestTables.column("id", "int4"),
                        TestTables.column("n", "int4"),
                        TestTables.column("big", "bytea")));
        events = new TestEvents(table);
        int small = 100;
        int all = small + 40;
        String large = "QUJD".repeat(750_000);
        for (int id = 0; id < all; id++) {
            assertThat(write(events.create(
                            key(id), "{\"id\":" + id + ",\"n\":1,\"big\":\"" + (id < small ? "QUJD" : large) + "\"}")))
                    .isEmpty();
        }
        assertThat(write(IntStream.range(0, all)
                        .mapToObj(id -> events.update(
                                key(id),
                                null,
                                "{\"id\":" + id + ",\"n\":2,\"big\":\"__debezium_unavailable_value\"}",
                                "big"))
                        .toArray(ChangeEvent[]::new)))
                .isEmpty();
        for (int id : List.of(0, small - 1, small, all - 1)) {
            assertThat(held(id).path("n").asInt()).isEqualTo(2);
            assertThat(held(id).path("big").asString()).isEqualTo(id < small ? "QUJD" : large);
        }
    }

    @Test
    void awkwardTypesAreTaken() throws Exception {
        table = TestTables.of(
                TestTables.uniqueName("types"),
                List.of("id"),
                List.of(
                        TestTables.column("id", "int8"),
                        TestTables.column("f", "float8"),
                        TestTables.column("ts", "timestamptz"),
                        TestTables.column("d", "date"),
                        TestTables.column("arr", "_int4"),
                        TestTables.column("tarr", "_text"),
                        TestTables.column("jarr", "_jsonb"),
                        TestTables.column("b", "bytea"),
                        TestTables.column("ok", "bool"),
                        TestTables.column("r", "int4range"),
                        TestTables.column("ip", "inet")));
        events = new TestEvents(table);
        String[] rows = {
            "{\"id\":1,\"f\":\"NaN\",\"ts\":\"infinity\",\"d\":\"0044-03-15 BC\",\"arr\":[[1,null],[2,3]],\"tarr\":[\"a\"],"
                    + "\"jarr\":[\"{}\",null],\"b\":\"" + "QUJD".repeat(30_000)
                    + "\",\"ok\":true,\"r\":\"[1,5)\",\"ip\":\"10.0.0.0/8\"}",
            "{\"id\":2,\"f\":1.5,\"ts\":\"2026-01-31T10:00:00.123456Z\",\"d\":\"2026-01-31\",\"arr\":null,\"tarr\":[],"
                    + "\"jarr\":null,\"b\":null,\"ok\":null,\"r\":null,\"ip\":null}",
            "{\"id\":3,\"f\":\"-Infinity\",\"ts\":\"10000-01-01T00:00:00.000000Z\",\"d\":\"infinity\",\"arr\":[],\"tarr\":null,"
                    + "\"jarr\":null,\"b\":null,\"ok\":null,\"r\":null,\"ip\":null}"
        };
        for (int i = 0; i < rows.length; i++) {
            assertThat(write(events.create(key(i + 1), rows[i]))).isEmpty();
            assertThat(held(i + 1)).isEqualTo(JSON.readTree(rows[i]));
        }
    }
}
