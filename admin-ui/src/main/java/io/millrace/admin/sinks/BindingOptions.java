package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.options.OptionsCheck;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.options.RedisRefill;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.Rebuilds;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** Stores what a DBA says of one table in one sink, once it was checked. */
@Component("adminBindingOptions")
class BindingOptions {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final PipelineCatalog catalog;
    private final TableRebuilds tables;
    private final Rebuilds rebuilds;

    BindingOptions(PipelineCatalog catalog, TableRebuilds tables, Rebuilds rebuilds) {
        this.catalog = catalog;
        this.tables = tables;
        this.rebuilds = rebuilds;
    }

    /** Returns the options as they are stored, a JSON object. */
    String of(String sink, long tableId) {
        return of(tables.bound(sink, tableId), sink);
    }

    private static String of(CapturedTable table, String sink) {
        return table.sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .orElseThrow()
                .options();
    }

    /** Returns what is wrong with options, by member; empty if nothing is. */
    Map<String, String> problems(String sink, long tableId, String options) {
        return OptionsCheck.check(tables.bound(sink, tableId), sink, options, catalog.tables());
    }

    /**
     * Stores options. Entries in Redis are made anew if they would look otherwise, and those under former keys removed; an index takes
     * its new fields with its next rebuild.
     *
     * @throws Problem 422 with what is wrong by member, 409 while a rebuild is open
     */
    void save(String sink, long tableId, String options, String by) {
        CapturedTable before = tables.bound(sink, tableId);
        Map<String, String> problems = problems(sink, tableId, options);
        if (!problems.isEmpty()) {
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The options are not right",
                            String.join(" ", problems.values()))
                    .with("members", problems);
        }
        if (JSON.readTree(of(before, sink)).equals(JSON.readTree(options))) {
            return;
        }
        boolean open = tables.latest(sink, tableId)
                .filter(last -> last.finishedAt() == null)
                .isPresent();
        if (sink.equals(RedisOptions.SINK) && open) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Entries are being brought back",
                    "Entries of " + before.table() + " are being brought back: change the options when that is done.");
        }
        String former = prefix(before, sink);
        catalog.bindingOptions(tableId, sink, options);
        if (sink.equals(RedisOptions.SINK)) {
            CapturedTable after = tables.bound(sink, tableId);
            RedisRefill refill = new RedisRefill(former.equals(prefix(after, sink)) ? null : former);
            rebuilds.request(
                    RebuildRequest.refill(tableId, sink, "Its options were changed by " + by, refill.toJson(), by));
        }
    }

    private static String prefix(CapturedTable table, String sink) {
        return sink.equals(RedisOptions.SINK) ? RedisOptions.of(table).key().prefix(table.source(), table.table()) : "";
    }
}
