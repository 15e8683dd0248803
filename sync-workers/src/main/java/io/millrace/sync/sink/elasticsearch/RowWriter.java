package io.millrace.sync.sink.elasticsearch;

import io.millrace.event.Row;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Writes rows in bulk: completes those that lack values, gives a refused document a second form. */
final class RowWriter {

    private final ElasticsearchAccess elasticsearch;
    private final HeldDocuments documents;
    private final int maxBulk;

    RowWriter(ElasticsearchAccess elasticsearch, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.documents = new HeldDocuments(elasticsearch);
        this.maxBulk = maxBulk;
    }

    /**
     * Returns the rows that were not applied, with what Elasticsearch said.
     *
     * @param lacking takes the rows that were not tried: no document gives the values that they lack
     */
    Map<RowWrite, ItemResult> write(List<RowWrite> given, Consumer<RowWrite> lacking) throws SinkException {
        List<RowWrite> writes = completed(given, lacking);
        if (writes.isEmpty()) {
            return Map.of();
        }
        Map<RowWrite, ItemResult> failed = new LinkedHashMap<>();
        Map<Long, Set<String>> jsonColumns = new HashMap<>();
        Bulk bulk = new Bulk(elasticsearch, maxBulk);
        for (RowWrite write : writes) {
            Row row = write.row();
            if (row == null) {
                bulk.delete(write.alias(), write.id(), write.version());
            } else {
                Set<String> json = jsonColumns.computeIfAbsent(
                        write.change().table().id(),
                        id -> Document.jsonColumns(write.change().table()));
                bulk.index(write.alias(), write.id(), write.version(), Document.open(row, json));
            }
        }
        List<ItemResult> results = bulk.results();
        List<RowWrite> refused = new ArrayList<>(0);
        for (int i = 0; i < results.size(); i++) {
            ItemResult result = results.get(i);
            RowWrite write = writes.get(i);
            if (result.status() == 400 && write.row() != null) {
                refused.add(write);
            } else if (!result.isApplied()) {
                failed.put(write, result);
            }
        }
        failed.putAll(plain(refused));
        return failed;
    }

    /** Takes values that PostgreSQL did not send from the documents as they stand. */
    private List<RowWrite> completed(List<RowWrite> writes, Consumer<RowWrite> lacking) throws SinkException {
        List<RowWrite> incomplete =
                writes.stream().filter(RowWrite::isIncomplete).toList();
        if (incomplete.isEmpty()) {
            return writes;
        }
        Map<String, Map<String, Held>> held = held(incomplete);
        List<RowWrite> all = new ArrayList<>(writes.size());
        for (RowWrite write : writes) {
            Row row = write.row();
            if (row == null || !write.isIncomplete()) {
                all.add(write);
                continue;
            }
            Set<String> missing = write.change().event().unavailable();
            Held known = held.getOrDefault(write.alias(), Map.of()).get(write.id());
            if (known != null && known.row().columns().keySet().containsAll(missing)) {
                all.add(write.with(row.withValuesFrom(known.row(), missing)));
            } else {
                lacking.accept(write);
            }
        }
        return all;
    }

    private Map<String, Map<String, Held>> held(List<RowWrite> writes) throws SinkException {
        Map<String, List<String>> ids = writes.stream()
                .collect(Collectors.groupingBy(RowWrite::alias, Collectors.mapping(RowWrite::id, Collectors.toList())));
        Map<String, Map<String, Held>> held = new HashMap<>();
        for (Map.Entry<String, List<String>> one : ids.entrySet()) {
            held.put(one.getKey(), documents.read(one.getKey(), one.getValue()));
        }
        return held;
    }

    /**
     * Tries refused documents once more, json columns as text and without columns that the table no longer has: Elasticsearch refuses
     * some JSON that PostgreSQL takes, and under a strict mapping columns that were dropped before the index was made.
     */
    private Map<RowWrite, ItemResult> plain(List<RowWrite> refused) throws SinkException {
        if (refused.isEmpty()) {
            return Map.of();
        }
        Bulk bulk = new Bulk(elasticsearch, maxBulk);
        for (RowWrite write : refused) {
            Row row = write.row();
            if (row != null) {
                boolean older = write.change().event().schemaVersion()
                        < write.change().table().schemaVersion();
                bulk.index(
                        write.alias(),
                        write.id(),
                        write.version(),
                        older ? Document.known(row, write.change().table()) : row);
            }
        }
        return failed(refused, bulk.results());
    }

    private static Map<RowWrite, ItemResult> failed(List<RowWrite> writes, List<ItemResult> results) {
        Map<RowWrite, ItemResult> failed = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            if (!results.get(i).isApplied()) {
                failed.put(writes.get(i), results.get(i));
            }
        }
        return failed;
    }
}
