package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.TableId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
        pgbench("-i", "-q", "-s", Integer.toString(scale));
        for (String table : List.of("pgbench_accounts", "pgbench_tellers", "pgbench_branches")) {
            // answered when the table's changes are captured, though its rows may still be read
            assertThat(pipeline.tryRegister(table, "elasticsearch", "redis", "audit")
                            .body()
                            .path("state")
                            .asString())
                    .isIn("SNAPSHOTTING", "STREAMING");
        }

        Matcher processed = PROCESSED.matcher(pgbench("-c", "4", "-T", Integer.toString(seconds)));
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

    private String pgbench(String... arguments) throws Exception {
        Path output = Files.createTempFile(Path.of("target").toAbsolutePath(), "pgbench", ".txt");
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                        Stream.of(
                                executable(),
                                "-h",
                                "localhost",
                                "-p",
                                Integer.toString(pipeline.stack.postgresPort()),
                                "-U",
                                "postgres"),
                        Stream.concat(Stream.of(arguments), Stream.of("shop")))
                .toList());
        builder.environment().put("PGPASSWORD", "postgres");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        String text = Files.readString(output);
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }

    /** Debian keeps it out of the path, one folder a version. */
    private static String executable() throws Exception {
        try (Stream<Path> versions = Files.exists(Path.of("/usr/lib/postgresql"))
                ? Files.list(Path.of("/usr/lib/postgresql"))
                : Stream.empty()) {
            return versions.map(version -> version.resolve("bin/pgbench"))
                    .filter(Files::isExecutable)
                    .map(Path::toString)
                    .findFirst()
                    .orElse("pgbench");
        }
    }
}
