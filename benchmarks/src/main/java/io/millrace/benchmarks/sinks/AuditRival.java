package io.millrace.benchmarks.sinks;

import io.millrace.localstack.LocalStack;
import io.millrace.standalone.Refusal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** The change history, against {@code psql}'s COPY of the same rows in binary into a table of the same shape and indexes. */
final class AuditRival implements Rival {

    private static final String COLUMNS =
            "event_id, source, schema_name, table_name, key, key_hash, operation, before, after,"
                    + " changed_columns, before_completeness, unavailable_columns, transaction_id, lsn, commit_lsn, epoch, ordinal,"
                    + " committed_at, captured_at, actor, masked_columns";

    private final LocalStack stack;
    private final Connection platform;
    private final Path directory;

    AuditRival(LocalStack stack, Connection platform, Path directory) {
        this.stack = stack;
        this.platform = platform;
        this.directory = directory;
    }

    @Override
    public String sink() {
        return "audit";
    }

    @Override
    public String floorName() {
        return "psql COPY BINARY";
    }

    @Override
    public double goal() {
        return 0.6;
    }

    @Override
    public void verify(Workload workload) throws SQLException {
        try (Statement statement = platform.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*), count(DISTINCT event_id) FROM millrace.change_history")) {
            row.next();
            if (row.getLong(1) != workload.changes() || row.getLong(2) != workload.changes()) {
                throw new Refusal("The history holds " + row.getLong(1) + " rows, " + row.getLong(2)
                        + " of them distinct, of " + workload.changes() + " changes");
            }
        }
    }

    @Override
    public double floor(Workload workload) throws Exception {
        Path file = directory.resolve(workload.name() + ".copy");
        psql("\\copy (SELECT " + COLUMNS + " FROM millrace.change_log ORDER BY seq) TO '" + file
                + "' WITH (FORMAT binary)");
        execute(
                "DROP TABLE IF EXISTS bench_floor",
                "CREATE TABLE bench_floor (LIKE millrace.change_log INCLUDING ALL) PARTITION BY RANGE (committed_at)",
                "CREATE TABLE bench_floor_default PARTITION OF bench_floor DEFAULT",
                "TRUNCATE millrace.change_log",
                "CHECKPOINT");
        long begin = System.nanoTime();
        psql("\\copy bench_floor (" + COLUMNS + ") FROM '" + file + "' WITH (FORMAT binary)");
        double seconds = (System.nanoTime() - begin) / 1e9;
        Files.delete(file);
        return workload.changes() / seconds;
    }

    private void psql(String command) throws Exception {
        Tool.run(List.of(
                "psql",
                "-X",
                "-q",
                "-d",
                "postgresql://" + LocalStack.POSTGRES_USER + ":" + LocalStack.POSTGRES_PASSWORD + "@localhost:"
                        + stack.postgresPort() + "/millrace",
                "-c",
                command));
    }

    @Override
    public void empty(Workload workload) throws SQLException {
        execute("DROP TABLE IF EXISTS bench_floor", "TRUNCATE millrace.change_log", "CHECKPOINT");
    }

    private void execute(String... statements) throws SQLException {
        try (Statement statement = platform.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
