package io.millrace.sync.sink.elasticsearch;

import io.millrace.catalog.CapturedTable;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Since when Elasticsearch remembers what was deleted from a table's indexes. It keeps the versions of deleted documents in the memory of
 * each shard for {@code index.gc_deletes}, which each index has for itself: one that was made by hand or under another setting remembers
 * otherwise. A shard that is started again, on whatever node, begins with none of them. Thread-safe.
 */
final class DeleteMemory {

    private static final Logger log = LoggerFactory.getLogger(DeleteMemory.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Long enough to cost nothing, and shorter than it takes until another worker repeats what one that died had written. */
    private static final Duration VALID = Duration.ofSeconds(5);

    /** For clocks that differ, and reads that were captured a while after the state which they saw. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    /** The server takes 4096 bytes. */
    private static final int LONGEST_PATH = 3000;

    private final ElasticsearchAccess elasticsearch;
    /** Of indexes that are not there yet: they will be made with what is configured. */
    private final Remembered unmade;

    private final Map<String, Remembered> remembered = new HashMap<>();
    /** Those that were asked for since the server was: the next question is about all of them. */
    private final Set<String> used = new HashSet<>();

    private Instant asked = Instant.MIN;
    private boolean refused;

    /** @param gcDeletes what indexes are made with; those that stand may have been made otherwise, the longest that is relied on is this */
    DeleteMemory(ElasticsearchAccess elasticsearch, Duration gcDeletes) {
        this.elasticsearch = elasticsearch;
        this.unmade = new Remembered(Instant.MIN, gcDeletes);
    }

    /**
     * Returns what is remembered of the deletes of each of these tables, by alias; what was captured before may have been deleted, and the
     * server have forgotten it.
     */
    synchronized Map<String, Remembered> of(Collection<CapturedTable> tables) throws SinkException {
        List<String> aliases =
                tables.stream().map(TableIndexes::alias).distinct().toList();
        Instant now = Instant.now();
        used.addAll(aliases);
        if (asked.isBefore(now.minus(VALID))) {
            remembered.clear();
            ask(used);
            used.clear();
            asked = now;
        } else if (!remembered.keySet().containsAll(aliases)) {
            ask(aliases);
        }
        Map<String, Remembered> found = new HashMap<>();
        aliases.forEach(alias -> found.put(alias, remembered.getOrDefault(alias, unmade)));
        return found;
    }

    private void ask(Collection<String> aliases) throws SinkException {
        List<String> some = new ArrayList<>();
        int length = 0;
        for (String alias : new TreeSet<>(aliases)) {
            if (length + alias.length() > LONGEST_PATH) {
                askAbout(some);
                some.clear();
                length = 0;
            }
            some.add(alias);
            length += alias.length() + 3;
        }
        askAbout(some);
    }

    private void askAbout(List<String> aliases) throws SinkException {
        if (aliases.isEmpty()) {
            return;
        }
        Map<String, Remembered> told = new HashMap<>();
        aliases.forEach(alias -> told.put(alias, unmade));
        try {
            String indexes = String.join("-*,", aliases) + "-*";
            JsonNode shards =
                    get(indexes + "/_recovery?filter_path=*.shards.id,*.shards.type,*.shards.start_time_in_millis");
            // asked for behind it: an index that comes in between is one too many, and none too few
            JsonNode settings =
                    get(indexes + "/_settings/index.number_of_shards,index.gc_deletes?expand_wildcards=open,closed"
                            + "&filter_path=*.settings.index.number_of_shards,*.settings.index.gc_deletes");
            for (Map.Entry<String, JsonNode> index : settings.properties()) {
                // <alias>-000001
                String name = index.getKey();
                String alias = name.substring(0, Math.max(0, name.lastIndexOf('-')));
                JsonNode own = index.getValue().path("settings").path("index");
                Remembered here = new Remembered(
                        started(
                                shards.path(name).path("shards"),
                                own.path("number_of_shards").asInt()),
                        Remembered.gcDeletes(own.path("gc_deletes").asString("")));
                told.computeIfPresent(alias, (key, known) -> known.and(here));
            }
        } catch (Refused e) {
            if (e.status() == 403) {
                if (!refused) {
                    log.warn(
                            "Whether Elasticsearch forgot deletes cannot be seen without the privilege \"monitor\" on the"
                                    + " indexes: every change is looked up among deleted rows, which costs a request per batch");
                }
                refused = true;
                told.replaceAll((alias, known) -> new Remembered(Instant.MAX, Duration.ZERO));
            } else if (e.status() != 404) {
                throw elasticsearch.fault(e);
            }
        }
        remembered.putAll(told);
    }

    private JsonNode get(String path) throws SinkException, Refused {
        return elasticsearch.exchange("GET", "/" + path, null, (tokens, answer) -> JSON.readTree(answer));
    }

    /**
     * Returns when the last of an index's shards was started with what it had held before; {@link Instant#MAX} where one of them is not told
     * of: it is about to start, and a write waits for it at the server.
     */
    private static Instant started(JsonNode shards, int number) {
        Instant last = Instant.MIN;
        Set<Integer> told = new HashSet<>();
        for (JsonNode shard : shards) {
            told.add(shard.path("id").asInt());
            // a shard that was made empty forgot nothing
            if (!shard.path("type").asString("").equals("EMPTY_STORE")) {
                Instant start = Instant.ofEpochMilli(
                                shard.path("start_time_in_millis").asLong())
                        .plus(MARGIN);
                last = start.isAfter(last) ? start : last;
            }
        }
        return told.size() < number ? Instant.MAX : last;
    }
}
