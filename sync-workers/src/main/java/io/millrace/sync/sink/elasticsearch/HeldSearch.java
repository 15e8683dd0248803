package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.RowKey;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.HeldState.HeldRow;
import io.millrace.sync.sink.KeyText;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
        DocumentPortions portions = new DocumentPortions(documents);
        new OlderDocuments(elasticsearch).find(alias, version, ids -> {
            List<String> told = withRows
                    ? List.of()
                    : ids.stream().filter(id -> !IndexNames.isHashed(id)).toList();
            for (int from = 0; from < told.size(); from += DOCUMENTS_AT_A_TIME) {
                List<String> some = told.subList(from, Math.min(told.size(), from + DOCUMENTS_AT_A_TIME));
                handOn(rows(table, alias, some, Map.of(), false), page);
            }
            // a hash is no key: the document has it
            List<String> read =
                    withRows ? ids : ids.stream().filter(IndexNames::isHashed).toList();
            DocumentPortions.Reader<InterruptedException> reader =
                    (some, held) -> handOn(rows(table, alias, some, held.get(0), withRows), page);
            portions.read(List.of(alias), read, reader);
        });
    }

    private static void handOn(List<HeldRow> rows, HeldState.Page page) throws SinkException, InterruptedException {
        if (!rows.isEmpty()) {
            page.take(rows);
        }
    }

    private static List<HeldRow> rows(
            CapturedTable table, String alias, List<String> ids, Map<String, Held> held, boolean withRows) {
        List<HeldRow> rows = new ArrayList<>(ids.size());
        for (String id : ids) {
            Held document = held.get(id);
            String row = withRows && document != null ? document.row().toString() : null;
            key(table, id, document)
                    .ifPresentOrElse(
                            found -> rows.add(new HeldRow(found, row)),
                            () -> log.debug("A document in {} has no id of {}", alias, table.keyColumns()));
        }
        return rows;
    }

    private static Optional<RowKey> key(CapturedTable table, String id, @Nullable Held document) {
        if (!IndexNames.isHashed(id)) {
            return KeyText.decode(table, id);
        }
        // a document under a former key may hold the present one's columns too
        return document == null
                ? Optional.empty()
                : KeyText.of(table, document.row())
                        .filter(found -> IndexNames.id(found).equals(id));
    }
}
