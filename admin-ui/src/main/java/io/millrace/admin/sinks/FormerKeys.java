package io.millrace.admin.sinks;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.options.KeyTemplate;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.options.RedisRefill;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.Rebuilds;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keys that a table's entries in Redis had under former templates. A refill removes them by what they begin with, so a new template must
 * not begin as they do, of this table or of another: its own entries would go with them.
 */
@Component("adminFormerKeys")
public class FormerKeys {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Rebuilds rebuilds;
    private final PipelineCatalog catalog;

    FormerKeys(Rebuilds rebuilds, PipelineCatalog catalog) {
        this.rebuilds = rebuilds;
        this.catalog = catalog;
    }

    /** Returns why options would give a table keys that cannot be told from former ones; empty if they can, or do not change. */
    Optional<String> problem(CapturedTable table, String options) {
        KeyTemplate wanted = template(options);
        KeyTemplate now = RedisOptions.of(table).key();
        if (wanted.toString().equals(now.toString())) {
            return Optional.empty();
        }
        String after = beginning(table, wanted);
        if (overlap(after, beginning(table, now))) {
            return Optional.of("Keys begin with " + beginning(table, now) + " now, and would begin with " + after
                    + ": former entries are removed by their beginning, and could not be told from new ones. Choose a"
                    + " beginning that neither shares, such as v2:" + after);
        }
        return left(table).stream()
                .filter(left -> overlap(after, left))
                .findFirst()
                .map(left ->
                        "Below " + left + " still stand entries of an earlier template, since the refill that was to"
                                + " remove them did not come to its end. Rebuild the table's entries first, or choose a beginning"
                                + " that neither shares.")
                .or(() -> amongFormer(table, after));
    }

    /** Returns what a refill is told that is asked for together with these options; the table has them not yet. */
    RedisRefill refill(CapturedTable table, String options) {
        Set<String> former = new LinkedHashSet<>(left(table));
        KeyTemplate now = RedisOptions.of(table).key();
        if (!template(options).toString().equals(now.toString())) {
            former.add(beginning(table, now));
        }
        String after = beginning(table, template(options));
        former.removeIf(one -> overlap(after, one));
        return new RedisRefill(List.copyOf(former));
    }

    /** Returns what a refill is told that is asked for under the options that the table has. */
    RedisRefill refill(CapturedTable table) {
        String now = beginning(table, RedisOptions.of(table).key());
        return new RedisRefill(
                left(table).stream().filter(left -> !overlap(now, left)).toList());
    }

    /**
     * Returns why a table's keys cannot begin as they are to; empty if they can. Whatever begins so goes with the former entries of another
     * table, sooner or later.
     */
    public Optional<String> amongFormer(CapturedTable table) {
        return amongFormer(table, beginning(table, RedisOptions.of(table).key()));
    }

    private Optional<String> amongFormer(CapturedTable table, String wanted) {
        return left().entrySet().stream()
                .filter(left -> left.getKey() != table.id())
                .flatMap(left -> left.getValue().stream()
                        .filter(former -> overlap(wanted, former))
                        .map(former -> "Keys of " + table.table() + " would begin with " + wanted + ". Below " + former
                                + " still stand entries that " + name(left.getKey())
                                + " had under an earlier template, and its next refill removes all that begins so: wait for"
                                + " that, rebuild that table's entries, or choose a beginning that neither shares."))
                .findFirst();
    }

    private String name(long tableId) {
        return catalog.table(tableId)
                .map(table -> table.source() + "." + table.table())
                .orElse("another table");
    }

    private Set<String> left(CapturedTable table) {
        return left().getOrDefault(table.id(), Set.of());
    }

    /**
     * Returns beginnings of keys whose entries no refill has removed, by table: those that were to do it are not done yet, or were cancelled or
     * failed.
     */
    private Map<Long, Set<String>> left() {
        Map<Long, Set<String>> left = new LinkedHashMap<>();
        for (Rebuild refill : rebuilds.told(RedisOptions.SINK)) {
            List<String> former = RedisRefill.of(refill.place()).formerPrefixes();
            Set<String> ofTable = left.computeIfAbsent(refill.tableId(), id -> new LinkedHashSet<>());
            if (refill.state() == RebuildState.DONE) {
                former.forEach(ofTable::remove);
            } else {
                ofTable.addAll(former);
            }
        }
        return left;
    }

    private static boolean overlap(String one, String other) {
        return one.startsWith(other) || other.startsWith(one);
    }

    private static String beginning(CapturedTable table, KeyTemplate template) {
        return template.prefix(table.source(), table.table());
    }

    private static KeyTemplate template(String options) {
        return RedisOptions.template(JSON.readTree(options));
    }
}
