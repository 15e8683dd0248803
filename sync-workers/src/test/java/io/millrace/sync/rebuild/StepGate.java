package io.millrace.sync.rebuild;

import static org.awaitility.Awaitility.await;

import io.millrace.catalog.rebuild.RebuildState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;

/** Whoever notes that a rebuild has reached one of these states waits until the test lets it through, having done what leads there. */
final class StepGate implements AutoCloseable {

    private static final int GATE = 4711;
    private static final String WAITING =
            "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = 'advisory' AND datname = current_database()";

    private final RebuildLab lab;
    private final Connection connection;

    /** Makes gates possible in a lab's database. */
    static void install(RebuildLab lab) {
        lab.sql.execute("CREATE TABLE millrace.gate (state text)");
        lab.sql.execute("""
                CREATE FUNCTION millrace.gate() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF EXISTS (SELECT 1 FROM millrace.gate
                               WHERE state = CASE WHEN NEW.fed_next = OLD.fed_next THEN NEW.state ELSE 'FED' END) THEN
                        PERFORM pg_advisory_xact_lock(4711);
                    END IF;
                    RETURN NEW;
                END $$
                """);
        lab.sql.execute("""
                CREATE TRIGGER gate BEFORE UPDATE OF state, fed_next ON millrace.sink_rebuild
                FOR EACH ROW EXECUTE FUNCTION millrace.gate()
                """);
    }

    StepGate(RebuildLab lab, RebuildState... states) throws SQLException {
        this(lab, Arrays.stream(states).map(RebuildState::name).toList());
    }

    private StepGate(RebuildLab lab, List<String> names) throws SQLException {
        this.lab = lab;
        connection = lab.application.getBean(DataSource.class).getConnection();
        execute("SELECT pg_advisory_lock(" + GATE + ")");
        for (String name : names) {
            execute("INSERT INTO millrace.gate VALUES ('" + name + "')");
        }
    }

    /** Whoever notes how far a feed has come waits until this is closed. */
    static StepGate ofFeed(RebuildLab lab) throws SQLException {
        return new StepGate(lab, List.of("FED"));
    }

    /** Waits until somebody stands before the gate. */
    void reached() {
        await().until(() -> lab.sql.queryForObject("SELECT count(*) " + WAITING, Integer.class) > 0);
    }

    /** Does something while a worker stands before noting this state; the note itself never takes place. */
    void at(RebuildState state, Runnable interruption) throws SQLException {
        reached();
        interruption.run();
        execute("DELETE FROM millrace.gate WHERE state = '" + state + "'");
        // a killed client's statement would still be carried out
        execute("SELECT pg_terminate_backend(pid) " + WAITING);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        execute("DELETE FROM millrace.gate");
        execute("SELECT pg_advisory_unlock(" + GATE + ")");
        connection.close();
    }
}
