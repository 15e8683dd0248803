package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Body;
import io.millrace.sync.sink.elasticsearch.ElasticsearchAccess.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The indexes of one table as they are now, and their aliases.
 *
 * <p>Readers use the table's alias. Writers use names that carry a number, {@code <alias>~-W<n>} of the live index and
 * {@code <alias>~-M<n>} of one beside it that is to take its place, or {@code <alias>~-K<n>} of one that is kept. Whatever changes the set of indexes takes the old names away in the same
 * cluster state update: a worker that does not know yet, however long it slept, cannot write past it, but is refused and looks again.
 * The upper-case letter is what refuses deletes: one that carries a version makes an index where its name is not known, whatever
 * {@code require_alias} says, and no index can have such a name.
 */
final class IndexFamily {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String alias;
    /** Aliases by index, by name. */
    private final TreeMap<String, TreeSet<String>> indexes = new TreeMap<>();

    private IndexFamily(String alias) {
        this.alias = alias;
    }

    static IndexFamily look(ElasticsearchAccess elasticsearch, String alias) throws SinkException {
        IndexFamily family = new IndexFamily(alias);
        Pattern own = Pattern.compile(Pattern.quote(alias) + "-\\d{6}");
        try {
            elasticsearch.exchange("GET", "/" + alias + "-*/_alias", null, (tokens, answer) -> {
                JsonNode all = JSON.readTree(answer);
                for (Map.Entry<String, JsonNode> index : all.properties()) {
                    if (own.matcher(index.getKey()).matches()) {
                        family.indexes.put(
                                index.getKey(),
                                new TreeSet<>(index.getValue().path("aliases").propertyNames()));
                    }
                }
                return true;
            });
        } catch (Refused e) {
            if (e.status() != 404) {
                throw elasticsearch.fault(e);
            }
        }
        return family;
    }

    boolean isEmpty() {
        return indexes.isEmpty();
    }

    boolean has(String index) {
        return indexes.containsKey(index);
    }

    /** Returns the index that readers see. */
    Optional<String> live() {
        return bearing(alias::equals);
    }

    /** Returns the index that is kept equal beside the live one. */
    Optional<String> mirror() {
        return bearing(name -> name.startsWith(nextPrefix()) || name.startsWith(keptPrefix()));
    }

    /** Tells whether the mirror is to take the live one's place. */
    boolean mirrorFirst() {
        return bearing(name -> name.startsWith(nextPrefix())).isPresent();
    }

    private Optional<String> bearing(Predicate<String> wanted) {
        return indexes.entrySet().stream()
                .filter(index -> index.getValue().stream().anyMatch(wanted))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** Returns the number that writers' names carry now; 0 where there are no such names. */
    int number() {
        String prefix = writePrefix();
        return indexes.values().stream()
                .flatMap(TreeSet::stream)
                .filter(name -> name.startsWith(prefix))
                .mapToInt(name -> Integer.parseInt(name.substring(prefix.length())))
                .max()
                .orElse(0);
    }

    /** Returns the name of an index that does not exist yet. */
    String next() {
        int last = indexes.isEmpty()
                ? 0
                : Integer.parseInt(indexes.lastKey().substring(indexes.lastKey().length() - 6));
        return String.format("%s-%06d", alias, last + 1);
    }

    /**
     * Returns where changes are to be written; there must be a live index with its writers' name.
     *
     * @param encodesNames whether an index's fields are called as {@link FieldName} says
     */
    Placement placement(Predicate<String> encodesNames) {
        String index = live().orElseThrow();
        Target mirror = mirror().map(beside -> new Target(mirrorName(), encodesNames.test(beside)))
                .orElse(null);
        return new Placement(
                alias, new Target(writePrefix() + number(), encodesNames.test(index)), mirror, mirrorFirst());
    }

    /** Returns what writers call the mirror; there must be one. */
    String mirrorName() {
        return (mirrorFirst() ? nextPrefix() : keptPrefix()) + number();
    }

    /**
     * Makes one index live and another, or none, its mirror: in one step, if nothing has changed since this was looked at.
     *
     * @param mirrorFirst whether the mirror is to be written before the live one
     * @throws Refused 404 if something has
     */
    void arrange(ElasticsearchAccess elasticsearch, String live, Optional<String> mirror, boolean mirrorFirst)
            throws SinkException, Refused {
        int number = number();
        List<String> actions = new ArrayList<>();
        indexes.forEach((index, names) -> names.stream()
                .filter(name -> name.startsWith(writePrefix())
                        || name.startsWith(nextPrefix())
                        || name.startsWith(keptPrefix())
                        || name.equals(alias) && !index.equals(live))
                .forEach(name -> actions.add(
                        "{\"remove\":{\"index\":\"" + index + "\",\"alias\":\"" + name + "\",\"must_exist\":true}}")));
        actions.add(add(live, alias, ",\"is_write_index\":true"));
        actions.add(add(live, writePrefix() + (number + 1), ",\"is_hidden\":true"));
        String beside = (mirrorFirst ? nextPrefix() : keptPrefix()) + (number + 1);
        mirror.ifPresent(index -> actions.add(add(index, beside, ",\"is_hidden\":true")));
        elasticsearch.exchange(
                "POST",
                "/_aliases",
                Body.json("{\"actions\":[" + String.join(",", actions) + "]}"),
                (tokens, answer) -> true);
    }

    private static String add(String index, String name, String more) {
        return "{\"add\":{\"index\":\"" + index + "\",\"alias\":\"" + name + "\"" + more + "}}";
    }

    /** Returns the aliases of a table's first index, as a member of the request that creates it. */
    static String firstAliases(String alias) {
        return "{\"" + alias + "\":{\"is_write_index\":true},\"" + alias + "~-W1\":{\"is_hidden\":true}}";
    }

    private String writePrefix() {
        return alias + "~-W";
    }

    private String nextPrefix() {
        return alias + "~-M";
    }

    private String keptPrefix() {
        return alias + "~-K";
    }
}
