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

    private static final String COLUMNS = "columns";
    private static final String NAMES = "names";
    private static final String ENCODED = "percent-encoded";

    private final ElasticsearchAccess elasticsearch;
    private final ElasticsearchSinkProperties properties;

    IndexMaker(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties) {
        this.elasticsearch = elasticsearch;
        this.properties = properties;
    }

    /** Creates an index with fields for the table's columns. */
    void create(String index, CapturedTable table, String aliases) throws SinkException, Refused {
        create(index, mapping(made(index).with(table), table, table.columns()), aliases);
    }

    /** Creates an index without fields: what a sink gets of a table is known with its first change. */
    void createEmpty(String index) throws SinkException, Refused {
        create(index, meta(made(index)) + ",\"properties\":{}", "{}");
    }

    private static IndexFields made(String index) {
        return new IndexFields(index, Map.of(), true);
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

    /** Returns what fields an index has by what it says itself. */
    IndexFields fields(String index) throws SinkException, Refused {
        return elasticsearch.exchange(
                "GET", "/" + index + "/_mapping?filter_path=*.mappings._meta", null, (tokens, answer) -> {
                    JsonNode meta =
                            JSON.readTree(answer).path(index).path("mappings").path("_meta");
                    Map<String, String> types = new LinkedHashMap<>();
                    meta.path(COLUMNS)
                            .properties()
                            .forEach(column ->
                                    types.put(column.getKey(), column.getValue().asString()));
                    return new IndexFields(
                            index, types, meta.path(NAMES).asString("").equals(ENCODED));
                });
    }

    /**
     * Adds fields for columns that are new or whose type is another one. A field that stands is not touched, so that options which
     * were changed meanwhile take effect with the next rebuild.
     *
     * @throws Refused 400 where a field cannot become what the column's new type asks for
     */
    IndexFields extend(IndexFields fields, CapturedTable table) throws SinkException, Refused {
        List<Column> lacking = fields.lacking(table);
        if (lacking.isEmpty()) {
            return fields;
        }
        IndexFields all = fields.with(table);
        elasticsearch.exchange(
                "PUT",
                "/" + fields.index() + "/_mapping",
                Body.json("{" + mapping(all, table, lacking) + "}"),
                (tokens, answer) -> true);
        return all;
    }

    private static String mapping(IndexFields fields, CapturedTable table, List<Column> columns) {
        return meta(fields) + ",\"properties\":"
                + FieldMapping.properties(
                        columns, ElasticsearchOptions.of(table).mapping(), fields.encodesNames());
    }

    private static String meta(IndexFields fields) {
        Map<String, Object> meta = new LinkedHashMap<>(Map.of(COLUMNS, fields.types()));
        if (fields.encodesNames()) {
            meta.put(NAMES, ENCODED);
        }
        return "\"_meta\":" + JSON.writeValueAsString(meta);
    }
}
