package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.options.OptionsCheck;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.rebuild.Rebuild;
import io.millrace.catalog.rebuild.RebuildRequest;
import io.millrace.catalog.rebuild.Rebuilds;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.json.JsonMapper;

/** Stores what a DBA says of one table in one sink, once it was checked. */
@Component("adminBindingOptions")
class BindingOptions {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final PipelineCatalog catalog;
    private final TableRebuilds tables;
    private final Rebuilds rebuilds;
    private final FormerKeys formerKeys;
    private final TransactionTemplate transaction;

    BindingOptions(
            PipelineCatalog catalog,
            TableRebuilds tables,
            Rebuilds rebuilds,
            FormerKeys formerKeys,
            PlatformTransactionManager transactions) {
        this.catalog = catalog;
        this.tables = tables;
        this.rebuilds = rebuilds;
        this.formerKeys = formerKeys;
        this.transaction = new TransactionTemplate(transactions);
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
        CapturedTable table = tables.bound(sink, tableId);
        Map<String, String> problems = new LinkedHashMap<>(OptionsCheck.check(table, sink, options, catalog.tables()));
        if (problems.isEmpty() && sink.equals(RedisOptions.SINK)) {
            formerKeys.problem(table, options).ifPresent(problem -> problems.put("key", problem));
        }
        return problems;
    }

    /**
     * Stores options. Entries in Redis are made anew if they would look otherwise, and those under former keys removed; an index takes
     * its new fields with its next rebuild.
     *
     * @throws Problem 422 with what is wrong by member, 409 while entries are being brought back; nothing is changed then
     */
    void save(String sink, long tableId, String options, String by) {
        requireSound(sink, tableId, options);
        if (JSON.readTree(of(sink, tableId)).equals(JSON.readTree(options))) {
            return;
        }
        if (sink.equals(RedisOptions.SINK)) {
            transaction.executeWithoutResult(status -> saveWithRefill(tableId, options, by));
        } else {
            catalog.bindingOptions(tableId, sink, options);
        }
    }

    private void requireSound(String sink, long tableId, String options) {
        Map<String, String> problems = problems(sink, tableId, options);
        if (!problems.isEmpty()) {
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The options are not right",
                            String.join(" ", problems.values()))
                    .with("members", problems);
        }
    }

    /** In a transaction, which ends without a trace where it throws. The refill comes first: whoever has it changes the options alone. */
    private void saveWithRefill(long tableId, String options, String by) {
        Rebuild refill = rebuilds.begin(RebuildRequest.refill(
                        tableId, RedisOptions.SINK, "Its options were changed by " + by, "{}", by, true))
                .orElseThrow(() -> new Problem(
                        HttpStatus.CONFLICT,
                        "Entries are being brought back",
                        "Entries of " + tables.bound(RedisOptions.SINK, tableId).table()
                                + " are being brought back: change the options when that is done."));
        requireSound(RedisOptions.SINK, tableId, options);
        CapturedTable before = tables.bound(RedisOptions.SINK, tableId);
        rebuilds.place(refill.id(), formerKeys.refill(before, options).toJson());
        catalog.bindingOptions(tableId, RedisOptions.SINK, options);
    }
}
