package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.options.ElasticsearchOptions;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Creates indexes with an explicit, strict mapping, and adds fields to them. */
final class IndexMaker {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ElasticsearchAccess elasticsearch;
    private final ElasticsearchSinkProperties properties;

    IndexMaker(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties) {
        this.elasticsearch = elasticsearch;
        this.properties = properties;
    }

    /** Creates an index with fields for the table's columns. */
    void create(String index, CapturedTable table, String aliases) throws SinkException, Refused {
        create(index, mapping(table, table.columns(), types(table)), aliases);
    }

    /** Creates an index without fields: what a sink gets of a table is known with its first change. */
    void createEmpty(String index) throws SinkException, Refused {
        create(index, "\"properties\":{}", "{}");
    }

    private void create(String index, String mapping, String aliases) throws SinkException, Refused {
        Duration refresh = properties.refreshInterval();
        String body = "{\"settings\":{\"index\":{\"number_of_shards\":" + properties.numberOfShards()
                + ",\"number_of_replicas\":" + properties.numberOfReplicas()
                + ",\"gc_deletes\":\"" + properties.gcDeletes().toMillis() + "ms\""
                + (refresh == null ? "" : ",\"refresh_interval\":\"" + refresh.toMillis() + "ms\"")
                + ",\"mapping.total_fields.limit\":4000}}"
                + ",\"mappings\":{\"dynamic\":\"strict\"," + mapping + "}"
                + ",\"aliases\":" + aliases + "}";
        elasticsearch.exchange("PUT", "/" + index, Body.json(body), (tokens, answer) -> true);
    }

    /**
     * Adds fields for columns that are new or whose type is another one. A field that stands is not touched, so that options which
     * were changed meanwhile take effect with the next rebuild.
     *
     * @throws Refused 400 where a field cannot become what the column's new type asks for
     */
    void extend(String index, CapturedTable table) throws SinkException, Refused {
        Map<String, String> made = elasticsearch.exchange(
                "GET", "/" + index + "/_mapping?filter_path=*.mappings._meta", null, (tokens, answer) -> {
                    Map<String, String> types = new LinkedHashMap<>();
                    JsonNode columns = JSON.readTree(answer)
                            .path(index)
                            .path("mappings")
                            .path("_meta")
                            .path("columns");
                    columns.properties()
                            .forEach(column ->
                                    types.put(column.getKey(), column.getValue().asString()));
                    return types;
                });
        List<Column> changed = table.columns().stream()
                .filter(column -> !column.typeName().equals(made.get(column.name())))
                .toList();
        if (!changed.isEmpty()) {
            Map<String, String> all = new LinkedHashMap<>(made);
            all.putAll(types(table));
            elasticsearch.exchange(
                    "PUT",
                    "/" + index + "/_mapping",
                    Body.json("{" + mapping(table, changed, all) + "}"),
                    (tokens, answer) -> true);
        }
    }

    private static String mapping(CapturedTable table, List<Column> columns, Map<String, String> types) {
        return "\"_meta\":{\"columns\":" + JSON.writeValueAsString(types) + "},\"properties\":"
                + FieldMapping.properties(
                        columns, ElasticsearchOptions.of(table).mapping());
    }

    private static Map<String, String> types(CapturedTable table) {
        Map<String, String> types = new LinkedHashMap<>();
        table.columns().forEach(column -> types.put(column.name(), column.typeName()));
        return types;
    }
}
