package io.millrace.standalone.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A transaction that happens in the shop.
 *
 * @param weight how often it is picked; 0 for those that have a time of their own
 * @param actor who does it
 */
record Trade(String name, int weight, String actor, String sql) {

    private static final Pattern HEADING = Pattern.compile("(?m)^-- block (\\S+) weight (\\d+) by (\\S+)$");

    /** Reads the blocks of {@code trading.sql}. */
    static List<Trade> read(String text) {
        List<Trade> trades = new ArrayList<>();
        Matcher heading = HEADING.matcher(text);
        boolean found = heading.find();
        while (found) {
            String name = heading.group(1);
            int weight = Integer.parseInt(heading.group(2));
            String actor = heading.group(3);
            int begin = heading.end();
            found = heading.find();
            trades.add(new Trade(name, weight, actor, text.substring(begin, found ? heading.start() : text.length())));
        }
        return trades;
    }

    /** Returns the statements of the transaction, the actor's message first. */
    String statements() {
        return "SELECT pg_logical_emit_message(true, 'millrace.actor', '{\"user\":\"" + actor + "\",\"action\":\""
                + name + "\"}');\n" + sql;
    }
}
