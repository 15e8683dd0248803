package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Alert;
import io.millrace.catalog.AlertName;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableSnapshot;
import io.millrace.catalog.TableState;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Captured by a user that has no more rights than it needs, and loses some. */
@ExtendWith(LocalStackExtension.class)
class SnapshotFailuresIT {

    private final LocalStack stack;
    private CaptureLab lab;
    private String owner;

    SnapshotFailuresIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void captureAsTheOwnerOfTheTables() throws Exception {
        lab = new CaptureLab(stack);
        owner = lab.id + "_owner";
        lab.sql(
                "CREATE ROLE " + owner + " LOGIN REPLICATION PASSWORD 'owner'",
                "GRANT CREATE ON DATABASE " + lab.id + " TO " + owner,
                "GRANT CREATE ON SCHEMA public TO " + owner);
        lab.source = Source.of(lab.id, "localhost", stack.postgresPort(), lab.id, owner, "owner", "disable");
        lab.start();
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
        try (Connection connection =
                        DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("DROP ROLE " + owner);
        }
    }

    private CapturedTable present(CapturedTable table) {
        return lab.catalog().table(table.id()).orElseThrow();
    }

    private void awaitFailed(CapturedTable table) {
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> present(table).state() == TableState.FAILED);
    }

    @Test
    void aTableWhoseRowsCannotBeReadHasFailedUntilTheyAre() throws Exception {
        lab.sql("CREATE TABLE hidden (id int PRIMARY KEY, n int)", "INSERT INTO hidden VALUES (1, 1), (2, 2)");
        CapturedTable table = lab.streaming("hidden");
        SnapshotRuns runs = lab.bean(SnapshotRuns.class);

        lab.sql("REVOKE SELECT ON hidden FROM " + owner);
        TableSnapshot some = runs.request(table.id(), "n > 1", "anna");
        Awaitility.await()
                .atMost(CaptureLab.PATIENCE)
                .until(() -> runs.find(some.id()).orElseThrow().state() == SnapshotState.FAILED);
        lab.awaitStreaming(table);

        TableSnapshot all = runs.request(table.id(), null, "anna");
        awaitFailed(table);
        TableSnapshot failed = runs.find(all.id()).orElseThrow();
        assertThat(failed.state()).isEqualTo(SnapshotState.FAILED);
        assertThat(failed.message()).contains("permission denied for table hidden");
        assertThat(present(table).message()).startsWith(failed.message()).contains("resume the table");
        assertThat(lab.alerts(table)).singleElement().satisfies(alert -> {
            assertThat(alert.name()).isEqualTo(AlertName.TABLE_FAILED);
            assertThat(alert.severity()).isEqualTo(Alert.Severity.CRITICAL);
            assertThat(alert.message()).isEqualTo(failed.message());
            assertThat(alert.wayOut()).contains("resume the table");
        });

        // as after a kill between the two
        lab.catalog().tableState(table.id(), TableState.SNAPSHOTTING, null);
        awaitFailed(table);
        assertThat(present(table).message()).startsWith(failed.message()).contains("resume the table");

        lab.sql("GRANT SELECT ON hidden TO " + owner);
        TableSnapshot again = lab.catalog().requestSnapshot(table.id(), "anna");
        lab.catalog().tableState(table.id(), TableState.PENDING, null);
        lab.awaitStreaming(table);
        assertThat(runs.find(again.id()).orElseThrow().rowsDone()).isEqualTo(2);
        assertThat(present(table).message()).isNull();
        assertThat(lab.alerts(table)).isEmpty();
    }
}
