package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.Row;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which rows were deleted, and in which version, for longer than Elasticsearch itself remembers ({@code index.gc_deletes}).
 *
 * <p>A change that was captured less than half of the indexes' own {@code gc_deletes} ago, and since their shards were started, needs no
 * look here: whatever deleted its row came later, so that the server still knows. Only a replay, or a backlog that is older, is compared
 * with these tombstones before it may bring a document about.
 */
final class Tombstones {

    static final String ALIAS = "millrace-deleted-rows";

    private static final String TRUNCATED = "!truncated";
    private static final int PAGE = 2000;

    /** Longer than it mostly takes from a look to the request, and shorter than it takes until another worker takes over. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private final ElasticsearchAccess elasticsearch;
    private final HeldDocuments documents;
    private final DeleteMemory server;
    private final ElasticsearchSinkProperties properties;
    private final int maxBulk;
    private volatile boolean made;

    Tombstones(ElasticsearchAccess elasticsearch, ElasticsearchSinkProperties properties, int maxBulk) {
        this.elasticsearch = elasticsearch;
        this.documents = new HeldDocuments(elasticsearch);
        this.server = new DeleteMemory(elasticsearch, properties.gcDeletes());
        this.properties = properties;
        this.maxBulk = maxBulk;
    }

    /** Adds the tombstone of a delete to a request. */
    void add(Bulk bulk, RowWrite delete) throws SinkException {
        add(bulk, id(delete.change().table(), delete.id()), delete.version());
    }

    private void add(Bulk bulk, String id, long version) throws SinkException {
        ensure();
        bulk.replace(ALIAS, id, version, Row.of("{\"at\":" + Instant.now().toEpochMilli() + "}"));
    }

    /** Has the next delete look again: somebody removed the index. */
    void forget() {
        made = false;
    }

    /** Keeps that all rows of a table that are older were deleted. */
    void keepTruncate(CapturedTable table, long version) throws SinkException {
        Bulk bulk = new Bulk(elasticsearch, maxBulk);
        add(bulk, id(table, TRUNCATED), version);
        for (ItemResult result : bulk.results()) {
            if (!result.isApplied()) {
                forget();
                throw SinkException.retryable(
                        "Elasticsearch does not keep a tombstone: " + result.type() + ": " + result.reason(), null);
            }
        }
    }

    /** Returns the version of the last TRUNCATE of a table; empty if none is remembered. */
    OptionalLong truncated(CapturedTable table) throws SinkException {
        Long version = versions(List.of(id(table, TRUNCATED))).get(id(table, TRUNCATED));
        return version == null ? OptionalLong.empty() : OptionalLong.of(version);
    }

    /** Returns those of these writes that may be applied: not what was deleted in a newer version. */
    List<RowWrite> living(List<RowWrite> writes) throws SinkException {
        Set<RowWrite> old = forgotten(writes);
        if (old.isEmpty()) {
            return writes;
        }
        List<String> ids = new ArrayList<>(old.size() + 1);
        old.forEach(write -> ids.add(id(write.change().table(), write.id())));
        old.stream()
                .map(write -> id(write.change().table(), TRUNCATED))
                .distinct()
                .forEach(ids::add);
        Map<String, Long> dead = versions(ids);
        if (dead.isEmpty()) {
            return writes;
        }
        return writes.stream()
                .filter(write -> !old.contains(write) || isLiving(write, dead))
                .toList();
    }

    /**
     * A row's tombstone in the write's own version is of the same change, as it was shaped before: a filter that was too strict made a
     * delete of it. No row state has the version of a real delete of its row, which is a change of its own.
     */
    private static boolean isLiving(RowWrite write, Map<String, Long> dead) {
        CapturedTable table = write.change().table();
        return write.version() >= dead.getOrDefault(id(table, write.id()), -1L)
                && write.version() > dead.getOrDefault(id(table, TRUNCATED), -1L);
    }

    /**
     * As {@link #living}, of writes that were looked at before: looks again where that was a while ago. A worker that stood still meanwhile
     * may know nothing of a delete that another one wrote, and the server has forgotten.
     */
    List<RowWrite> stillLiving(List<RowWrite> writes, Instant looked) throws SinkException {
        return looked.plus(FRESH).isAfter(Instant.now()) ? writes : living(writes);
    }

    /** Returns those that would write a row of which the server may have forgotten that it was deleted. */
    private Set<RowWrite> forgotten(List<RowWrite> writes) throws SinkException {
        Set<CapturedTable> tables = Collections.newSetFromMap(new IdentityHashMap<>());
        writes.stream()
                .filter(write -> write.row() != null)
                .forEach(write -> tables.add(write.change().table()));
        Set<RowWrite> found = Collections.newSetFromMap(new IdentityHashMap<>());
        if (tables.isEmpty()) {
            return found;
        }
        Map<String, Remembered> remembered = server.of(tables);
        Instant now = Instant.now();
        IdentityHashMap<CapturedTable, Instant> limits = new IdentityHashMap<>();
        tables.forEach(table -> limits.put(
                table,
                Objects.requireNonNull(remembered.get(TableIndexes.alias(table)))
                        .since(now)));
        for (RowWrite write : writes) {
            Instant limit = limits.getOrDefault(write.change().table(), Instant.MIN);
            if (write.row() != null && write.change().event().capturedAt().isBefore(limit)) {
                found.add(write);
            }
        }
        return found;
    }

    private Map<String, Long> versions(List<String> ids) throws SinkException {
        Map<String, Long> found = new HashMap<>();
        for (int from = 0; from < ids.size(); from += PAGE) {
            found.putAll(documents.versions(ALIAS, ids.subList(from, Math.min(ids.size(), from + PAGE))));
        }
        return found;
    }

    private void ensure() throws SinkException {
        if (made) {
            return;
        }
        try {
            elasticsearch.exchange(
                    "PUT",
                    "/" + ALIAS + "-000001",
                    Body.json("{\"settings\":{\"index\":{\"number_of_shards\":1,\"number_of_replicas\":"
                            + properties.numberOfReplicas()
                            + "}},\"mappings\":{\"dynamic\":\"strict\",\"properties\":{\"at\":{\"type\":\"date\","
                            + "\"format\":\"epoch_millis\"}}},\"aliases\":{\"" + ALIAS + "\":{}}}"),
                    (tokens, answer) -> true);
        } catch (Refused e) {
            if (!String.valueOf(e.getMessage()).contains("resource_already_exists_exception")) {
                throw elasticsearch.fault(e);
            }
        }
        made = true;
    }

    /** One index serves all tables: the id names the registration too, since a table that is registered anew begins anew. */
    private static String id(CapturedTable table, String row) {
        try {
            String name = table.id() + "/" + table.registeredAt() + "/" + row;
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
