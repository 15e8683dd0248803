package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Sees to it that every table has an alias over an index with a field for each of its columns. */
final class TableIndexes {

    private final ElasticsearchAccess elasticsearch;
    private final ElasticsearchSinkProperties properties;
    /** By table the columns that its index has fields for: those of a version of the table, as the sink gets them. */
    private final Map<Long, List<Column>> ready = new ConcurrentHashMap<>();

    TableIndexes(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties) {
        this.elasticsearch = elasticsearch;
        this.properties = properties;
    }

    /**
     * Creates a table's index, or adds fields for columns that are new. Asks only when the columns are others than before.
     *
     * @throws SinkException FATAL where an index of that name cannot be used: a field of another type, no alias but an index
     */
    void ensure(CapturedTable table) throws SinkException {
        List<Column> known = ready.get(table.id());
        if (known != null && (known.equals(table.columns()) || known.containsAll(table.columns()))) {
            return;
        }
        String alias = IndexNames.alias(table.source(), table.table());
        String fields = FieldMapping.properties(table.columns());
        try {
            elasticsearch.exchange(
                    "PUT",
                    "/" + alias + "/_mapping?write_index_only=true",
                    Body.json("{\"properties\":" + fields + "}"),
                    (tokens, answer) -> true);
        } catch (Refused e) {
            if (e.status() != 404) {
                throw explained(table, alias, e);
            }
            create(table, alias, fields);
        }
        ready.put(table.id(), table.columns());
    }

    /** Has the next write look again: somebody deleted the index. */
    void forget(CapturedTable table) {
        ready.remove(table.id());
    }

    private void create(CapturedTable table, String alias, String fields) throws SinkException {
        Duration refresh = properties.refreshInterval();
        String body = "{\"settings\":{\"index\":{\"number_of_shards\":" + properties.numberOfShards()
                + ",\"number_of_replicas\":" + properties.numberOfReplicas()
                + ",\"gc_deletes\":\"" + properties.gcDeletes().toMillis() + "ms\""
                + (refresh == null ? "" : ",\"refresh_interval\":\"" + refresh.toMillis() + "ms\"")
                + ",\"mapping.total_fields.limit\":4000}}"
                + ",\"mappings\":{\"dynamic\":\"strict\",\"properties\":" + fields + "}"
                + ",\"aliases\":{\"" + alias + "\":{\"is_write_index\":true}}}";
        try {
            elasticsearch.exchange("PUT", "/" + alias + "-000001", Body.json(body), (tokens, answer) -> true);
        } catch (Refused e) {
            if (!String.valueOf(e.getMessage()).contains("resource_already_exists_exception")) {
                throw explained(table, alias, e);
            }
            if (!aliasExists(alias)) {
                throw new SinkException(
                        ErrorCategory.FATAL,
                        "The index " + alias + "-000001 exists and does not bear the alias " + alias
                                + ": delete it, or give it the alias, then activate the binding",
                        e);
            }
        }
    }

    private boolean aliasExists(String alias) throws SinkException {
        try {
            return elasticsearch.exchange("GET", "/_alias/" + alias, null, (tokens, answer) -> true);
        } catch (Refused e) {
            if (e.status() == 404) {
                return false;
            }
            throw elasticsearch.fault(e);
        }
    }

    private SinkException explained(CapturedTable table, String alias, Refused e) {
        SinkException fault = elasticsearch.fault(e);
        return fault.category() == ErrorCategory.RETRYABLE
                ? fault
                : new SinkException(
                        ErrorCategory.FATAL,
                        "The index behind " + alias + " cannot take the columns of " + table.table()
                                + " (a column's type changed?). Delete the index and take a new snapshot, then activate the"
                                + " binding. Elasticsearch said: " + e.getMessage(),
                        e);
    }
}
