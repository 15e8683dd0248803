package io.millrace.admin.sinks;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.options.KeyTemplate;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.options.RedisRefill;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildState;
import io.millrace.catalog.rebuild.Rebuilds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keys that a table's entries in Redis had under former templates. A refill removes them by what they begin with, so a new template must
 * not begin as they do: its own entries would go with them.
 */
@Component("adminFormerKeys")
class FormerKeys {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Rebuilds rebuilds;

    FormerKeys(Rebuilds rebuilds) {
        this.rebuilds = rebuilds;
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
                                + " that neither shares.");
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

    /** Returns beginnings of keys whose entries no refill has removed: those that were to do it were cancelled or failed. */
    private Set<String> left(CapturedTable table) {
        List<Rebuild> refills = new ArrayList<>(rebuilds.history(table.id(), RedisOptions.SINK));
        Collections.reverse(refills);
        Set<String> left = new LinkedHashSet<>();
        for (Rebuild refill : refills) {
            List<String> former = RedisRefill.of(refill.place()).formerPrefixes();
            if (refill.state() == RebuildState.DONE) {
                left.removeAll(former);
            } else {
                left.addAll(former);
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
