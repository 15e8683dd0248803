package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** A large table is read, twice, while pgbench writes to it: 10,000,000 rows, or {@code -Dmillrace.campaign.rows}. */
@ExtendWith(PipelineExtension.class)
@EnabledIfSystemProperty(
        named = "millrace.campaign",
        matches = "true",
        disabledReason = "an hour for ten million rows: ./millrace test --campaign")
class LargeSnapshotIT {

    private static final String WRITES = """
            \\set id random(1, :rows)
            \\set other random(1, :rows)
            UPDATE large_rows SET n = n + 1 WHERE id = :id;
            DELETE FROM large_rows WHERE id = :other;
            INSERT INTO large_rows VALUES (:other, 0, 'again') ON CONFLICT DO NOTHING;
            INSERT INTO large_rows SELECT max(id) + 1, 0, 'new' FROM large_rows ON CONFLICT DO NOTHING;
            """;

    private final Pipeline pipeline;

    LargeSnapshotIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void nothingDiffersAfterSnapshotsUnderLoad() throws Exception {
        int rows = Integer.getInteger("millrace.campaign.rows", 10_000_000);
        Duration patience = Duration.ofMinutes(4 + rows / 33_000);
        pipeline.sql("CREATE TABLE large_rows (id bigint PRIMARY KEY, n int, note text)");
        pipeline.sql("INSERT INTO large_rows SELECT i, 0, md5(i::text) FROM generate_series(1, " + rows + ") i");
        Path script = Files.createTempFile(Path.of("target").toAbsolutePath(), "writes", ".sql");
        Files.writeString(script, WRITES);
        Pgbench.Running load = Pgbench.start(
                pipeline, "-n", "-c", "2", "-R", "50", "-T", "36000", "-D", "rows=" + rows, "-f", script.toString());
        try {
            long table = pipeline.register("large_rows");
            await().atMost(patience).until(() -> pipeline.api
                    .get("tables/" + table)
                    .path("state")
                    .asString()
                    .equals("STREAMING"));
            Api.Answer again = pipeline.api.post("tables/" + table + "/snapshots", null);
            assertThat(again.status()).isEqualTo(201);
            String path =
                    "tables/" + table + "/snapshots/" + again.body().path("id").asLong();
            JsonNode done = await().atMost(patience).until(() -> pipeline.api.get(path), view -> view.path("state")
                    .asString()
                    .equals("DONE"));
            assertThat(done.path("rowsDone").asLong()).isGreaterThan(rows - 100L);
            assertThat(done.path("rowsMissing").asLong()).isZero();
            assertThat(load.process().isAlive()).as("written to all the while").isTrue();
        } finally {
            load.end();
        }
        pipeline.assertInStep("large_rows");
    }
}
