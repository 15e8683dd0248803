package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that every table has an alias over an index with a field for each of its columns. */
final class TableIndexes {

    private static final Logger log = LoggerFactory.getLogger(TableIndexes.class);

    private final ElasticsearchAccess elasticsearch;
    private final IndexMaker maker;
    private final Map<Long, Ready> ready = new ConcurrentHashMap<>();

    /** The columns that the indexes have fields for, as the sink gets them, and what the indexes are called. */
    private record Ready(List<Column> columns, Placement placement) {}

    TableIndexes(ElasticsearchAccess elasticsearch, IndexMaker maker) {
        this.elasticsearch = elasticsearch;
        this.maker = maker;
    }

    /**
     * Returns where a table's changes go. Creates its index, or adds fields for columns that are new in its schema version; asks only
     * when the columns are others than before, and again after {@link #forget}.
     *
     * @throws SinkException FATAL where an index of that name cannot be used: a field of another type, no alias but an index
     */
    Placement ensure(CapturedTable table) throws SinkException {
        Ready known = ready.get(table.id());
        if (known != null && known.columns().containsAll(table.columns())) {
            return known.placement();
        }
        IndexFamily family = family(table);
        if (family.live().isEmpty()) {
            family = created(table, family);
        } else if (family.number() == 0) {
            family = named(table, family);
        }
        Set<String> encoding = new HashSet<>();
        extend(table, family.live().orElseThrow(), encoding);
        if (family.mirror().isPresent()) {
            extendMirror(table, family.mirror().get(), encoding);
        }
        Placement placement = family.placement(encoding::contains);
        ready.put(table.id(), new Ready(table.columns(), placement));
        return placement;
    }

    IndexFamily family(CapturedTable table) throws SinkException {
        return IndexFamily.look(elasticsearch, alias(table));
    }

    static String alias(CapturedTable table) {
        return IndexNames.alias(table.source(), table.table());
    }

    /** Has the next write look again: the indexes are others, or somebody deleted them. */
    void forget(CapturedTable table) {
        ready.remove(table.id());
    }

    private IndexFamily created(CapturedTable table, IndexFamily found) throws SinkException {
        String alias = alias(table);
        if (!found.isEmpty()) {
            throw unusable(table, null);
        }
        try {
            maker.create(found.next(), table, IndexFamily.firstAliases(alias));
        } catch (Refused e) {
            if (!String.valueOf(e.getMessage()).contains("resource_already_exists_exception")) {
                throw explained(table, table.columns(), e);
            }
        }
        IndexFamily family = family(table);
        if (family.live().isEmpty()) {
            throw unusable(table, null);
        }
        return family;
    }

    /** Gives an index that was made by hand the name that writers use. */
    private IndexFamily named(CapturedTable table, IndexFamily family) throws SinkException {
        try {
            family.arrange(elasticsearch, family.live().orElseThrow(), family.mirror(), true);
        } catch (Refused e) {
            throw elasticsearch.fault(e);
        }
        return family(table);
    }

    /** @param encoding takes the index, if it encodes names */
    private void extend(CapturedTable table, String index, Set<String> encoding) throws SinkException {
        List<Column> fresh = List.of();
        try {
            IndexFields fields = fields(index, encoding);
            fresh = fields.encodesNames() ? fields.fresh(table) : fresh;
            maker.extend(fields, table);
        } catch (Refused e) {
            throw explained(table, fresh, e);
        }
    }

    private IndexFields fields(String index, Set<String> encoding) throws SinkException, Refused {
        IndexFields fields = maker.fields(index);
        if (fields.encodesNames()) {
            encoding.add(index);
        }
        return fields;
    }

    private void extendMirror(CapturedTable table, String mirror, Set<String> encoding) throws SinkException {
        try {
            maker.extend(fields(mirror, encoding), table);
        } catch (Refused e) {
            SinkException fault = elasticsearch.fault(e);
            if (fault.category() == ErrorCategory.RETRYABLE) {
                throw fault;
            }
            log.warn(
                    "{} beside the live index cannot take the columns of {}: {}",
                    mirror,
                    table.table(),
                    e.getMessage());
        }
    }

    private static SinkException unusable(CapturedTable table, @org.jspecify.annotations.Nullable Throwable cause) {
        String alias = alias(table);
        return new SinkException(
                ErrorCategory.FATAL,
                "There is an index " + alias + "-00000N, and none that bears the alias " + alias
                        + ": delete it, or give it the alias, then activate the binding",
                cause);
    }

    /** @param fresh the columns that get their first field, whose names may be why */
    private SinkException explained(CapturedTable table, List<Column> fresh, Refused e) {
        SinkException fault = elasticsearch.fault(e);
        if (fault.category() == ErrorCategory.RETRYABLE) {
            return fault;
        }
        String said = String.valueOf(e.getMessage());
        return fresh.stream()
                .map(Column::name)
                // a type that cannot be changed is named like a field, and is none
                .filter(name ->
                        !said.contains("cannot be changed from type") && said.contains("[" + FieldName.of(name) + "]"))
                .findFirst()
                .map(name -> new SinkException(
                        ErrorCategory.FATAL,
                        "Elasticsearch takes no field for the column \"" + name + "\" of " + table.table()
                                + ": rename it in the table's shaping for Elasticsearch. Elasticsearch said: " + said,
                        e))
                .orElseGet(() -> new SinkException(
                        ErrorCategory.FATAL,
                        "The index behind " + alias(table) + " cannot take the columns of " + table.table()
                                + " (a column's type changed?). Rebuild the index: the table's page, or POST"
                                + " /api/v1/sinks/elasticsearch/tables/" + table.id() + "/rebuild. Elasticsearch said: "
                                + said,
                        e));
    }
}
