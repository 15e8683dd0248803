package io.millrace.benchmarks.sinks;

import io.millrace.localstack.LocalStack;
import io.millrace.standalone.Refusal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A table's way to a sink in the catalog: shut while the backlog waits, opened to be measured. */
final class Binding implements AutoCloseable {

    /** Longer than workers take to notice that a binding was shut. */
    private static final long NOTICED_MILLIS = 1_500;

    private static final long LOOK_MILLIS = 10;

    /**
     * What a sink did between the first step that was seen and the last.
     *
     * @param events per second
     * @param cpuMicros of the workers' process, per event
     */
    record Rate(double events, double cpuMicros) {}

    private final Connection platform;
    private final String sink;
    private final Workload workload;

    Binding(LocalStack stack, String sink, Workload workload) throws SQLException {
        this.platform = DriverManager.getConnection(
                stack.postgresJdbcUrl("millrace"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
        this.sink = sink;
        this.workload = workload;
    }

    Connection platform() {
        return platform;
    }

    /** Registers the table, its way to the sink shut. Waits until the workers have made their tables. */
    void register(Worker worker, Path log) throws SQLException, InterruptedException {
        while (!isMigrated()) {
            worker.requireAlive(log);
            Thread.sleep(200);
        }
        try (Statement statement = platform.createStatement()) {
            statement.execute("""
                    INSERT INTO millrace.source (name, host, port, database_name, username, password_cipher, slot_name,
                        publication_name, created_by)
                    VALUES ('shop', 'localhost', 1, 'shop', 'nobody', '', 'none', 'none', 'bench') ON CONFLICT DO NOTHING
                    """);
        }
        update("""
                INSERT INTO millrace.captured_table (source, schema_name, table_name, topic, key_columns, columns, replica_identity,
                    state, registered_by)
                VALUES ('shop', 'public', ?, ?, '{id}', ?::jsonb, 'DEFAULT', 'STREAMING', 'bench') ON CONFLICT DO NOTHING
                """, workload.name(), workload.topic(), Workload.columns());
        update("""
                INSERT INTO millrace.sink_binding (table_id, sink, state) SELECT id, ?, 'PAUSED' FROM millrace.captured_table
                WHERE topic = ? ON CONFLICT DO NOTHING
                """, sink, workload.topic());
    }

    private boolean isMigrated() throws SQLException {
        try (Statement statement = platform.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT to_regclass('millrace.sink') IS NOT NULL"
                                + " AND EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE 'PostgreSQL JDBC%')")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /** Opens the way and waits until the sink has the whole backlog. */
    Rate drain(Worker worker, Path log) throws SQLException, InterruptedException {
        state("ACTIVE");
        long first = 0;
        long begin = 0;
        Duration cpu = Duration.ZERO;
        while (true) {
            long reached = reached();
            long now = System.nanoTime();
            if (first == 0 && reached > 0) {
                first = reached;
                begin = now;
                cpu = worker.cpu();
            }
            if (reached >= workload.changes()) {
                double events = reached - first;
                if (events == 0) {
                    throw new Refusal("The backlog of " + reached + " changes is too small to be measured");
                }
                double micros = worker.cpu().minus(cpu).toNanos() / 1000.0;
                return new Rate(events * 1e9 / (now - begin), micros / events);
            }
            worker.requireAlive(log);
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** Shuts the way, and has everything delivered again when it is opened. */
    void rewind() throws SQLException, InterruptedException {
        state("PAUSED");
        Thread.sleep(NOTICED_MILLIS);
        update("DELETE FROM millrace.delivery_offset WHERE sink = ? AND topic = ?", sink, workload.topic());
    }

    private long reached() throws SQLException {
        try (PreparedStatement query = platform.prepareStatement(
                "SELECT coalesce(sum(next_offset), 0) FROM millrace.delivery_offset WHERE sink = ? AND topic = ?")) {
            query.setString(1, sink);
            query.setString(2, workload.topic());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    private void state(String state) throws SQLException {
        update("""
                UPDATE millrace.sink_binding SET state = ? WHERE sink = ?
                AND table_id = (SELECT id FROM millrace.captured_table WHERE topic = ?)
                """, state, sink, workload.topic());
    }

    private void update(String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = platform.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException {
        platform.close();
    }
}
