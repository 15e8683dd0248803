package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Row;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes rows in bulk: completes those that lack values, gives a refused document a second form. */
final class RowWriter {

    private final ElasticsearchAccess elasticsearch;
    private final HeldDocuments documents;
    private final Tombstones tombstones;
    private final int maxBulk;

    /** What a table's rows need to become documents. */
    private record Form(Set<String> json, boolean hasOtherNames) {

        static Form of(CapturedTable table) {
            return new Form(Document.jsonColumns(table), Document.hasOtherNames(table));
        }

        Row named(Row row, Target into) {
            return hasOtherNames && into.encodesNames() ? Document.fields(row) : row;
        }
    }

    RowWriter(ElasticsearchAccess elasticsearch, Tombstones tombstones, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.tombstones = tombstones;
        this.documents = new HeldDocuments(elasticsearch);
        this.maxBulk = maxBulk;
    }

    /**
     * Returns the rows that were not applied, with what Elasticsearch said.
     *
     * @param given rows that are {@link #completed}
     * @param looked when it was looked whether they are {@link Tombstones#living}
     */
    Map<RowWrite, ItemResult> write(List<RowWrite> given, Instant looked) throws SinkException {
        List<RowWrite> writes = tombstones.stillLiving(given, looked);
        if (writes.isEmpty()) {
            return new LinkedHashMap<>(0);
        }
        IdentityHashMap<CapturedTable, Form> forms = new IdentityHashMap<>();
        Bulk bulk = new Bulk(elasticsearch, maxBulk);
        // whose result each item's is; a delete has two items
        List<RowWrite> owners = new ArrayList<>(writes.size());
        for (RowWrite write : writes) {
            Row row = write.row();
            owners.add(write);
            if (row == null) {
                tombstones.add(bulk, write);
                bulk.delete(write.target(), write.id(), write.version());
                owners.add(write);
            } else {
                Form form = forms.computeIfAbsent(write.change().table(), Form::of);
                bulk.index(
                        write.target(),
                        write.id(),
                        write.version(),
                        form.named(Document.open(row, form.json()), write.into()));
            }
        }
        List<ItemResult> results = bulk.results();
        List<RowWrite> refused = new ArrayList<>(0);
        Map<RowWrite, ItemResult> failed = new LinkedHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            ItemResult result = results.get(i);
            RowWrite write = owners.get(i);
            if (result.category() == ErrorCategory.REJECTED && write.row() != null) {
                refused.add(write);
            } else if (!result.isApplied()) {
                failed.put(write, result);
            }
        }
        failed.putAll(plain(tombstones.stillLiving(refused, looked)));
        return failed;
    }

    /** Takes rows that can be written. */
    interface Writing {
        void write(List<RowWrite> completed) throws SinkException;
    }

    /**
     * Hands on all rows, some at a time: values that PostgreSQL did not send come from the documents as they stand; rows whose documents
     * do not have them fail, and are not handed on.
     */
    void completed(List<RowWrite> writes, Map<RowWrite, ItemResult> failed, Writing writing) throws SinkException {
        List<RowWrite> incomplete = writes.stream().filter(RowWriter::lacks).toList();
        if (incomplete.isEmpty()) {
            writing.write(writes);
            return;
        }
        writing.write(writes.stream().filter(write -> !lacks(write)).toList());
        for (List<RowWrite> some : byTarget(incomplete)) {
            completed(some.get(0).target(), some, failed, writing);
        }
    }

    private static boolean lacks(RowWrite write) {
        return write.row() != null && write.isIncomplete();
    }

    private static Collection<List<RowWrite>> byTarget(List<RowWrite> writes) {
        return writes.stream()
                .collect(Collectors.groupingBy(RowWrite::target, LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    private void completed(String target, List<RowWrite> incomplete, Map<RowWrite, ItemResult> failed, Writing writing)
            throws SinkException {
        Map<String, List<RowWrite>> byId = incomplete.stream()
                .collect(Collectors.groupingBy(RowWrite::id, LinkedHashMap::new, Collectors.toList()));
        List<RowWrite> lacking = new ArrayList<>(0);
        DocumentPortions.Reader<SinkException> reader = (ids, held) -> {
            List<RowWrite> filled = new ArrayList<>(ids.size());
            for (String id : ids) {
                Held known = held.get(0).get(id);
                for (RowWrite write : byId.getOrDefault(id, List.of())) {
                    Row row = Objects.requireNonNull(write.row());
                    Set<String> missing = write.change().event().unavailable();
                    if (known != null && known.row().columns().keySet().containsAll(missing)) {
                        filled.add(write.with(row.withValuesFrom(known.row(), missing)));
                    } else {
                        lacking.add(write);
                    }
                }
            }
            writing.write(filled);
        };
        new DocumentPortions(documents).read(List.of(target), byId.keySet(), reader);
        if (!lacking.isEmpty()) {
            ItemResult why = documents.exist(target) ? ItemResult.INCOMPLETE : ItemResult.moved(target);
            lacking.forEach(write -> failed.put(write, why));
        }
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
                Row known = older ? Document.known(row, write.change().table()) : row;
                bulk.index(
                        write.target(),
                        write.id(),
                        write.version(),
                        Form.of(write.change().table()).named(known, write.into()));
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
