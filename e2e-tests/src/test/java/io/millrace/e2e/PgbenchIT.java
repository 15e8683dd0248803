package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.TableId;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** PostgreSQL's own load tool, unmodified, on tables that are not ours. */
@ExtendWith(PipelineExtension.class)
class PgbenchIT {

    private static final Pattern PROCESSED = Pattern.compile("transactions actually processed: (\\d+)");

    private final Pipeline pipeline;

    PgbenchIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void balancesAgreeEverywhereAndTheHistoryHoldsOneUpdatePerTransactionAndTable() throws Exception {
        int scale = Campaign.rounds(1, 5);
        int seconds = Campaign.rounds(10, 60);
        Pgbench.run(pipeline, "-i", "-q", "-s", Integer.toString(scale));
        for (String table : List.of("pgbench_accounts", "pgbench_tellers", "pgbench_branches")) {
            // answered when the table's changes are captured, though its rows may still be read
            assertThat(pipeline.tryRegister(table, "elasticsearch", "redis", "audit")
                            .body()
                            .path("state")
                            .asString())
                    .isIn("SNAPSHOTTING", "STREAMING");
        }

        Matcher processed = PROCESSED.matcher(Pgbench.run(pipeline, "-c", "4", "-T", Integer.toString(seconds)));
        assertThat(processed.find()).isTrue();
        long transactions = Long.parseLong(processed.group(1));

        pipeline.assertInStep("pgbench_accounts", "pgbench_tellers", "pgbench_branches");
        for (String table : List.of("pgbench_accounts", "pgbench_tellers", "pgbench_branches")) {
            assertThat(pipeline.history.events("shop", new TableId("public", table), "update"))
                    .as("updates of %s", table)
                    .isEqualTo(transactions);
        }
    }

    @Test
    void aTableWithoutAKeyIsRefusedForStatesAndAcceptedForTheHistory() {
        pipeline.sql("CREATE TABLE keyless (tid int, delta int)", "INSERT INTO keyless VALUES (1, 1)");

        Api.Answer refused = pipeline.tryRegister("keyless", "elasticsearch", "audit");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.body().toString()).contains("PRIMARY KEY").contains("REPLICA IDENTITY");

        pipeline.awaitState(pipeline.register("keyless", "audit"), "STREAMING");
        pipeline.sql("INSERT INTO keyless VALUES (2, 2), (2, 2)");
        // capturing it must not break the application's own updates
        pipeline.sql("UPDATE keyless SET delta = 3 WHERE tid = 1");
        pipeline.barrier();
        assertThat(pipeline.history.events("shop", new TableId("public", "keyless"), "create"))
                .isEqualTo(2);
        assertThat(pipeline.history.events("shop", new TableId("public", "keyless"), "read"))
                .isEqualTo(1);
    }
}
