package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Column;
import io.millrace.catalog.rebuild.Comparison;
import io.millrace.event.ChangeEvent;
import io.millrace.localstack.LocalStack;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.RebuildableSink.Copy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** PostgreSQL lets columns be called what Elasticsearch reads as paths, keeps for itself, or refuses. */
class ColumnNamesIT extends ElasticsearchScenario {

    private static final List<String> NAMES = List.of(
            "v",
            "v.v",
            "v.v.v",
            "v.keyword",
            ".x",
            "x.",
            "a..b",
            ".",
            "...",
            " ",
            " \t",
            "\u2003",
            " a",
            "a. .b",
            "_id",
            "_source",
            "_routing",
            "_version",
            "_type",
            "_seq_no",
            "_doc_count",
            "_ignored",
            "_tier",
            "_tombstone",
            "__soft_deletes",
            "_other",
            "%",
            "%2E",
            "v%2Ev",
            "v*",
            "*",
            "#",
            "a,b",
            "a/b",
            "\\",
            "\"",
            "'",
            "<a>",
            "a\nb",
            "\u0001",
            "Ä",
            "\ud83d\ude00",
            "null",
            "type",
            "properties",
            "dynamic",
            "enabled",
            "fields",
            "V",
            "data.a",
            "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z",
            ".".repeat(63));

    ColumnNamesIT(LocalStack stack) {
        super(stack);
    }

    /** {@code id int4 primary key, data jsonb}, and texts of these names. */
    private void table(List<String> names) {
        table = TestTables.of(TestTables.uniqueName("names"), List.of("id"), columns(names));
        events = new TestEvents(table);
    }

    private static List<Column> columns(List<String> names) {
        List<Column> columns =
                new ArrayList<>(List.of(TestTables.column("id", "int4"), TestTables.column("data", "jsonb")));
        names.forEach(name -> columns.add(TestTables.column(name, "text")));
        return columns;
    }

    private void nowWith(String... names) {
        table = TestTables.withColumns(table, columns(List.of(names)));
        events = new TestEvents(table);
    }

    private static ObjectNode row(int id, List<String> names) {
        ObjectNode row = JSON.createObjectNode().put("id", id).put("data", "{\"a\":{\"b.c\":[" + id + "]}}");
        names.forEach(name -> row.put(name, "value of " + name));
        return row;
    }

    private ChangeEvent create(int id, String... names) {
        return events.create(key(id), row(id, List.of(names)).toString());
    }

    private JsonNode source(String index, int id) {
        return lab.get("/" + index + "/_doc/" + id).path("_source");
    }

    /** Returns a row as it stands, its fields called so. */
    private static JsonNode document(int id, String... fieldsAndColumns) {
        ObjectNode document = row(id, List.of());
        document.set("data", JSON.readTree(document.path("data").asString()));
        for (int i = 0; i < fieldsAndColumns.length; i += 2) {
            document.put(fieldsAndColumns[i], "value of " + fieldsAndColumns[i + 1]);
        }
        return document;
    }

    /** Makes the table's index as it was made before names were encoded. */
    private void indexFromBefore(String... names) {
        table(List.of(names));
        Map<String, String> types = new LinkedHashMap<>(Map.of("id", "int4", "data", "jsonb"));
        Map<String, Object> properties = new LinkedHashMap<>(
                Map.of("id", Map.of("type", "integer"), "data", Map.of("type", "object", "enabled", false)));
        for (String name : names) {
            types.put(name, "text");
            properties.put(name, Map.of("type", "text"));
        }
        JsonNode made = lab.ask(
                "PUT",
                "/" + alias() + "-000001",
                JSON.writeValueAsString(Map.of(
                        "settings", Map.of("number_of_replicas", 0),
                        "mappings",
                                Map.of(
                                        "dynamic",
                                        "strict",
                                        "_meta",
                                        Map.of("columns", types),
                                        "properties",
                                        properties),
                        "aliases",
                                Map.of(
                                        alias(),
                                        Map.of("is_write_index", true),
                                        alias() + "~-W1",
                                        Map.of("is_hidden", true)))));
        assertThat(made.path("acknowledged").asBoolean()).as("%s", made).isTrue();
    }

    @Test
    void columnsOfAnyNameAreHeldAndFound() throws Exception {
        table(NAMES);
        assertThat(write(create(1, NAMES.toArray(String[]::new)))).isEmpty();
        lab.ask("POST", "/" + alias() + "/_refresh", "");
        assertThat(source(alias(), 1))
                .isEqualTo(document(
                        1,
                        NAMES.stream()
                                .flatMap(name -> Stream.of(FieldName.of(name), name))
                                .toArray(String[]::new)));
        for (String name : NAMES) {
            JsonNode found = lab.ask(
                    "POST",
                    "/" + alias() + "/_search",
                    JSON.writeValueAsString(Map.of(
                            "query", Map.of("term", Map.of(FieldName.of(name) + ".keyword", "value of " + name)))));
            assertThat(found.path("hits").path("total").path("value").asInt())
                    .as("%s: %s", name, found)
                    .isOne();
        }
    }

    @Test
    void newColumnsAndValuesThatWereNotSentAreOfTheirNames() throws Exception {
        table(List.of("v.v"));
        assertThat(write(create(1, "v.v"))).isEmpty();
        nowWith("v.v", "v", "_id");
        ObjectNode later = row(1, List.of("v", "_id")).put("v.v", "__debezium_unavailable_value");
        assertThat(write(events.update(key(1), null, later.toString(), "v.v"))).isEmpty();
        assertThat(source(alias(), 1)).isEqualTo(document(1, "v%2Ev", "v.v", "v", "v", "%5Fid", "_id"));
    }

    @Test
    void indexFromBeforeKeepsItsFieldsUntilItIsRebuilt() throws Exception {
        indexFromBefore("w.w");
        assertThat(write(create(1, "w.w"))).isEmpty();
        nowWith("w.w", "x.x");
        ChangeEvent second = create(2, "w.w", "x.x");
        assertThat(write(second)).isEmpty();
        ObjectNode later = row(1, List.of("x.x")).put("w.w", "__debezium_unavailable_value");
        assertThat(write(events.update(key(1), null, later.toString(), "w.w"))).isEmpty();
        assertThat(source(alias(), 1)).isEqualTo(document(1, "x.x", "x.x", "w.w", "w.w"));

        Copy copy = new Copy(1, table, sink.plan(table, "{}"));
        sink.prepare(copy);
        // written to both, to each under its own names
        assertThat(write(events.update(key(1), null, later.toString(), "w.w"))).isEmpty();
        sink.feed(copy, List.of(new Change(table, second)));
        assertThat(source(alias() + "-000001", 1)).isEqualTo(document(1, "x.x", "x.x", "w.w", "w.w"));
        assertThat(source(alias() + "-000002", 1)).isEqualTo(document(1, "x%2Ex", "x.x", "w%2Ew", "w.w"));
        assertThat(sink.compare(copy, 0, sentence -> {})).isEqualTo(new Comparison(2, 2, 2, 0, 0, 0, 0, List.of()));

        nowWith("w.w", "x.x", "w");
        ChangeEvent third = create(3, "w.w", "x.x", "w");
        assertThat(write(third)).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.FATAL);
            assertThat(failure.cause()).contains("/rebuild");
        });
        sink.exchange(copy);
        assertThat(write(third)).isEmpty();
        assertThat(source(alias(), 3)).isEqualTo(document(3, "w%2Ew", "w.w", "x%2Ex", "x.x", "w", "w"));
        sink.discard(copy);
    }

    @Test
    void nameThatElasticsearchRefusesIsToBeRenamedInTheShaping() throws Exception {
        String longName = "l".repeat(63);
        table(List.of("v"));
        String template = "/_index_template/" + alias();
        JsonNode made = lab.ask(
                "PUT",
                template,
                JSON.writeValueAsString(Map.of(
                        "index_patterns", List.of(alias() + "-*"),
                        "priority", 500,
                        "template", Map.of("settings", Map.of("index.mapping.field_name_length.limit", 50)))));
        assertThat(made.path("acknowledged").asBoolean()).as("%s", made).isTrue();
        String advice = "the column \"" + longName + "\" of public."
                + table.table().table() + ": rename it in the table's shaping for Elasticsearch.";
        try {
            assertThat(write(create(1, "v"))).isEmpty();
            nowWith("v", longName);
            assertRefused(write(create(2, "v", longName)), advice);
            lab.ask("DELETE", "/" + alias() + "-000001", "");
            assertRefused(write(create(2, "v", longName)), advice);
        } finally {
            lab.ask("DELETE", template, "");
        }
    }

    private static void assertRefused(List<Failure> failures, String advice) {
        assertThat(failures).singleElement().satisfies(failure -> {
            assertThat(failure.category()).isEqualTo(ErrorCategory.FATAL);
            assertThat(failure.cause()).contains(advice).doesNotContain("rebuild");
        });
    }
}
