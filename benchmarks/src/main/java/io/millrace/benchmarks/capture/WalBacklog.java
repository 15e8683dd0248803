package io.millrace.benchmarks.capture;

import io.millrace.localstack.LocalStack;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Changes in the WAL that every slot made before them has still to send: rows of 12 columns and about 400 bytes, of ten changes five
 * inserts, four updates and a delete; a third of them in transactions of 1, a third of 10, a third of 1,000, in turn.
 *
 * @param stack whose database {@code shop} they are made in
 * @param changes how many
 */
record WalBacklog(LocalStack stack, int changes) {

    static final String TABLE = "backlog";

    private static final String CREATE = """
            CREATE TABLE backlog (
                id bigint PRIMARY KEY, name text, email text, city text, price numeric(12,2), quantity int, active bool,
                created_at timestamptz, changed_at timestamp, code uuid, score float8, note text
            ) WITH (autovacuum_enabled = false)
            """;

    /** One change a turn: within ten turns, five rows come, four of them change, and the first one goes again. */
    private static final String LOAD = """
            CREATE PROCEDURE load_backlog(changes int) LANGUAGE plpgsql AS $$
            DECLARE
                sizes int[] := ARRAY[1, 10, 1000];
                pad text := repeat('n', 190);
            BEGIN
                FOR n IN 0 .. changes - 1 LOOP
                    CASE
                    WHEN n % 10 < 5 THEN
                        INSERT INTO backlog VALUES (n, 'Customer number ' || n, 'customer' || n || '@example.org', 'Halifax',
                            n % 1000 + 0.5, n % 40, n % 2 = 0, clock_timestamp(), localtimestamp, gen_random_uuid(), n / 7.0,
                            n || pad);
                    WHEN n % 10 < 9 THEN
                        UPDATE backlog SET price = price + 1, changed_at = localtimestamp, note = n || pad WHERE id = n - 5;
                    ELSE
                        DELETE FROM backlog WHERE id = n - 9;
                    END CASE;
                    IF (n + 1) % sizes[1 + n / 1000 % 3] = 0 THEN
                        COMMIT;
                    END IF;
                END LOOP;
                COMMIT;
            END
            $$
            """;

    Connection connect() throws SQLException {
        return DriverManager.getConnection(
                stack.postgresJdbcUrl("shop"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
    }

    /** Makes the table, without a row yet. */
    void create() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(CREATE);
            statement.execute(LOAD);
        }
    }

    /** Makes the changes, and returns the LSN behind the last of them; something follows, so that a reader sees that it is there. */
    String load() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            statement.execute("CALL load_backlog(" + changes + ")");
            String end = text(statement, "SELECT pg_current_wal_insert_lsn()::text");
            // its commit reaches the disk before this returns
            statement.execute("SET synchronous_commit = on");
            statement.execute("SELECT pg_logical_emit_message(true, 'bench', 'end')");
            statement.execute("CHECKPOINT");
            return end;
        }
    }

    static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "";
        }
    }
}
