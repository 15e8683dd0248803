package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.HeldState.HeldRow;
import io.millrace.sync.sink.KeyText;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds documents of a table that are older than a version. */
final class HeldSearch {

    private static final Logger log = LoggerFactory.getLogger(HeldSearch.class);
    private static final int DOCUMENTS_AT_A_TIME = 500;

    private final ElasticsearchAccess elasticsearch;
    private final HeldDocuments documents;

    HeldSearch(ElasticsearchAccess elasticsearch) {
        this.elasticsearch = elasticsearch;
        this.documents = new HeldDocuments(elasticsearch);
    }

    void find(CapturedTable table, long version, boolean withRows, HeldState.Page page)
            throws SinkException, InterruptedException {
        String alias = TableIndexes.alias(table);
        if (!documents.exist(alias)) {
            return;
        }
        new OlderDocuments(elasticsearch).find(alias, version, ids -> {
            for (int from = 0; from < ids.size(); from += DOCUMENTS_AT_A_TIME) {
                List<String> some = ids.subList(from, Math.min(ids.size(), from + DOCUMENTS_AT_A_TIME));
                page.take(rows(table, alias, some, withRows));
            }
        });
    }

    private List<HeldRow> rows(CapturedTable table, String alias, List<String> ids, boolean withRows)
            throws SinkException {
        boolean hashed = ids.stream().anyMatch(IndexNames::isHashed);
        Map<String, Held> held = withRows || hashed ? documents.read(alias, ids) : Map.of();
        List<HeldRow> rows = new ArrayList<>(ids.size());
        for (String id : ids) {
            Held document = held.get(id);
            String row = withRows && document != null ? document.row().toString() : null;
            var key = !IndexNames.isHashed(id)
                    ? KeyText.decode(table, id)
                    : document == null
                            ? java.util.Optional.<io.millrace.event.RowKey>empty()
                            // a document under a former key may hold the present one's columns too
                            : KeyText.of(table, document.row())
                                    .filter(found -> IndexNames.id(found).equals(id));
            key.ifPresentOrElse(
                    found -> rows.add(new HeldRow(found, row)),
                    () -> log.debug("A document in {} has no id of {}", alias, table.keyColumns()));
        }
        return rows;
    }
}
