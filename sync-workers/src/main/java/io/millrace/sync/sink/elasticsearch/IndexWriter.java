package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Operation;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes changes to the live indexes and to those beside them, in the order that {@link Placement} says. */
final class IndexWriter {

    private static final Logger log = LoggerFactory.getLogger(IndexWriter.class);

    private final TableIndexes indexes;
    private final RowWriter rows;
    private final Tombstones tombstones;
    private final Truncation truncation;

    /** A batch sorted out: rows to write, truncates behind them, and what cannot be written at all. */
    private record Sorted(List<RowWrite> rows, Map<Integer, Change> truncates, List<Failure> failures) {}

    IndexWriter(TableIndexes indexes, RowWriter rows, Tombstones tombstones, Truncation truncation) {
        this.indexes = indexes;
        this.rows = rows;
        this.tombstones = tombstones;
        this.truncation = truncation;
    }

    /** Returns what was not applied; each change at most once. */
    List<Failure> write(List<Change> changes) throws SinkException {
        Map<Long, String> unusable = new HashMap<>();
        Map<Long, Placement> placements = placements(changes, unusable);
        Sorted sorted = sorted(changes, placements, unusable);
        Map<RowWrite, ItemResult> failed = apply(sorted.rows(), placements);
        failed = again(failed, placements, unusable);
        List<Failure> failures = sorted.failures();
        failed.forEach(
                (write, result) -> failures.add(ElasticsearchSink.failure(write.index(), result, result.category())));
        for (Map.Entry<Integer, Change> truncate : sorted.truncates().entrySet()) {
            truncate(truncate.getKey(), truncate.getValue(), placements, unusable, failures);
        }
        return failures;
    }

    /** Writes to one index alone. */
    List<Failure> writeOnly(Target target, List<Change> changes) throws SinkException {
        Map<Long, Placement> placements = new HashMap<>();
        changes.forEach(
                change -> placements.put(change.table().id(), new Placement(target.name(), target, null, false)));
        Sorted sorted = sorted(changes, placements, Map.of());
        Instant looked = Instant.now();
        List<RowWrite> living = tombstones.living(sorted.rows());
        List<Failure> failures = sorted.failures();
        Map<RowWrite, ItemResult> failed = new HashMap<>();
        rows.completed(living, failed, completed -> failed.putAll(rows.write(completed, looked)));
        failed.forEach(
                (write, result) -> failures.add(ElasticsearchSink.failure(write.index(), result, result.category())));
        for (Map.Entry<Integer, Change> truncate : sorted.truncates().entrySet()) {
            emptied(
                            truncate.getValue(),
                            Objects.requireNonNull(
                                    placements.get(truncate.getValue().table().id())))
                    .stream()
                    .findFirst()
                    .ifPresent(result ->
                            failures.add(ElasticsearchSink.failure(truncate.getKey(), result, result.category())));
        }
        return failures;
    }

    private static Sorted sorted(List<Change> changes, Map<Long, Placement> placements, Map<Long, String> unusable) {
        Sorted sorted = new Sorted(new ArrayList<>(changes.size()), new HashMap<>(), new ArrayList<>(0));
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            Placement placement = placements.get(change.table().id());
            if (placement == null) {
                sorted.failures()
                        .add(new Failure(
                                i,
                                ErrorCategory.FATAL,
                                String.valueOf(unusable.get(change.table().id()))));
            } else if (change.event().operation() == Operation.TRUNCATE) {
                sorted.truncates().put(i, change);
            } else if (change.event().key() == null) {
                sorted.failures()
                        .add(new Failure(i, ErrorCategory.REJECTED, "The row has no key: a document needs one"));
            } else {
                sorted.rows().add(RowWrite.of(i, change, placement.live()));
            }
        }
        return sorted;
    }

    private Map<RowWrite, ItemResult> apply(List<RowWrite> given, Map<Long, Placement> placements)
            throws SinkException {
        Map<RowWrite, ItemResult> failed = new HashMap<>();
        Instant looked = Instant.now();
        rows.completed(tombstones.living(given), failed, completed -> apply(completed, looked, placements, failed));
        return failed;
    }

    private void apply(
            List<RowWrite> completed, Instant looked, Map<Long, Placement> placements, Map<RowWrite, ItemResult> failed)
            throws SinkException {
        List<RowWrite> writes = without(mirror(completed, looked, placements, true), completed, failed);
        Map<RowWrite, ItemResult> refused = rows.write(writes, looked);
        failed.putAll(refused);
        // what the new one refuses for good, the old one may take
        refused.values().removeIf(result -> result.category() != ErrorCategory.RETRYABLE);
        failed.putAll(mirror(without(refused, writes, failed), looked, placements, false));
    }

    /** Returns what is left of writes without these, which are added to those that failed. */
    private static List<RowWrite> without(
            Map<RowWrite, ItemResult> some, List<RowWrite> writes, Map<RowWrite, ItemResult> failed) {
        if (some.isEmpty()) {
            return writes;
        }
        failed.putAll(some);
        Set<Integer> left = new HashSet<>();
        some.keySet().forEach(write -> left.add(write.index()));
        return writes.stream().filter(write -> !left.contains(write.index())).toList();
    }

    /**
     * Writes to the mirrors that are to be written now; returns what must be tried again. What a mirror refuses for good does not hold
     * up the live index: the comparison before an exchange, or a rollback, finds it.
     */
    private Map<RowWrite, ItemResult> mirror(
            List<RowWrite> writes, Instant looked, Map<Long, Placement> placements, boolean first)
            throws SinkException {
        Map<Integer, RowWrite> originals = new HashMap<>(0);
        List<RowWrite> mirrored = new ArrayList<>(0);
        for (RowWrite write : writes) {
            Placement placement = placements.get(write.change().table().id());
            if (placement != null && placement.mirror() != null && placement.mirrorFirst() == first) {
                originals.put(write.index(), write);
                mirrored.add(write.to(placement.mirror()));
            }
        }
        Map<RowWrite, ItemResult> heldBack = new HashMap<>();
        rows.write(mirrored, looked).forEach((copy, result) -> {
            if (result.category() == ErrorCategory.RETRYABLE) {
                heldBack.put(Objects.requireNonNull(originals.get(copy.index())), result);
            } else {
                log.warn(
                        "The index beside the live one of {} refuses a document: {}",
                        copy.change().table().table(),
                        result.reason());
            }
        });
        return heldBack;
    }

    /** Tries once more what was refused because the indexes are others now, or were deleted. */
    private Map<RowWrite, ItemResult> again(
            Map<RowWrite, ItemResult> failed, Map<Long, Placement> placements, Map<Long, String> unusable)
            throws SinkException {
        List<Change> moved = failed.entrySet().stream()
                .filter(one -> one.getValue().isIndexMissing())
                .map(one -> one.getKey().change())
                .toList();
        if (moved.isEmpty()) {
            return failed;
        }
        tombstones.forget();
        moved.forEach(change -> indexes.forget(change.table()));
        placements.putAll(placements(moved, unusable));
        Map<RowWrite, ItemResult> left = new HashMap<>();
        List<RowWrite> repeated = new ArrayList<>();
        failed.forEach((write, result) -> {
            Placement placement = placements.get(write.change().table().id());
            if (result.isIndexMissing() && placement != null) {
                repeated.add(RowWrite.of(write.index(), write.change(), placement.live()));
            } else {
                left.put(write, result);
            }
        });
        apply(repeated, placements).forEach((write, result) -> {
            if (result.isIndexMissing()) {
                indexes.forget(write.change().table());
            }
            left.put(write, result);
        });
        return left;
    }

    /** Empties where the table's changes go; once more where the indexes are others by now, which nothing but a refusal tells. */
    private void truncate(
            int index,
            Change change,
            Map<Long, Placement> placements,
            Map<Long, String> unusable,
            List<Failure> failures)
            throws SinkException {
        long id = change.table().id();
        Placement placement = placements.get(id);
        if (placement == null) {
            return;
        }
        List<ItemResult> failed = emptied(change, placement);
        if (failed.stream().anyMatch(ItemResult::isIndexMissing)) {
            indexes.forget(change.table());
            Placement moved = placements(List.of(change), unusable).get(id);
            if (moved == null) {
                failures.add(new Failure(index, ErrorCategory.FATAL, String.valueOf(unusable.get(id))));
                return;
            }
            placements.put(id, moved);
            failed = emptied(change, moved);
        }
        failed.stream().findFirst().ifPresent(result -> {
            if (result.isIndexMissing()) {
                indexes.forget(change.table());
            }
            failures.add(ElasticsearchSink.failure(index, result, result.category()));
        });
    }

    /** Returns what was not applied; that the index is gone, if that is what it is. */
    private List<ItemResult> emptied(Change change, Placement placement) throws SinkException {
        long version = change.event().rowVersion();
        tombstones.keepTruncate(change.table(), version);
        List<ItemResult> failed = new ArrayList<>(0);
        Target mirror = placement.mirror();
        try {
            if (mirror != null && placement.mirrorFirst()) {
                failed.addAll(truncation.run(mirror.name(), version));
            }
            failed.addAll(truncation.run(placement.live().name(), version));
            if (mirror != null && !placement.mirrorFirst()) {
                failed.addAll(truncation.run(mirror.name(), version));
            }
        } catch (IndexGoneException e) {
            failed.add(ItemResult.moved(placement.live().name()));
        }
        return failed;
    }

    /** Empties one index of what the table's last TRUNCATE took away, if it is remembered. */
    void truncateAgain(CapturedTable table, String index) throws SinkException {
        OptionalLong version = tombstones.truncated(table);
        if (version.isEmpty()) {
            return;
        }
        Optional<ItemResult> failed =
                truncation.run(index, version.getAsLong()).stream().findFirst();
        if (failed.isPresent()) {
            throw SinkException.retryable(
                    "Elasticsearch does not delete what was truncated: "
                            + failed.get().type() + ": " + failed.get().reason(),
                    null);
        }
    }

    /** Returns where each table's changes go, fields for all of their columns made; for those that cannot be taken, why. */
    private Map<Long, Placement> placements(List<Change> changes, Map<Long, String> unusable) throws SinkException {
        Map<Long, Placement> placements = new HashMap<>();
        for (CapturedTable table : tables(changes)) {
            try {
                placements.put(table.id(), indexes.ensure(table));
            } catch (SinkException e) {
                if (e.category() != ErrorCategory.FATAL) {
                    throw e;
                }
                unusable.put(table.id(), String.valueOf(e.getMessage()));
            }
        }
        placements.keySet().removeAll(unusable.keySet());
        return placements;
    }

    /** Returns the tables in their newest versions; in all shapes of these, since a batch may span a declaration. */
    static Collection<CapturedTable> tables(List<Change> changes) {
        Map<Long, Integer> newest = new HashMap<>();
        Set<CapturedTable> tables = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Change change : changes) {
            newest.merge(change.table().id(), change.table().schemaVersion(), Math::max);
            tables.add(change.table());
        }
        tables.removeIf(table -> table.schemaVersion() < newest.getOrDefault(table.id(), 0));
        return tables;
    }
}
