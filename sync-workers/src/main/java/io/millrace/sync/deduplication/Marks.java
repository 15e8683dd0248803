package io.millrace.sync.deduplication;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The effects of one consumer in the table {@code deduplication}: a claim before an effect is tried, a mark once it was accepted. A
 * claim binds other workers until it is older than any try can be. Thread-safe.
 */
final class Marks implements MarkStore {

    private static final String EVENTS = " unnest(?::text[], ?::timestamptz[]) AS e (id, at) ";

    private static final String ACCEPTED = "SELECT d.event_id FROM millrace.deduplication d JOIN" + EVENTS
            + "ON d.event_id = e.id AND d.seen_at = e.at WHERE d.consumer = ? AND d.accepted_at IS NOT NULL";

    private static final String ACCEPTED_EVER = "SELECT DISTINCT d.event_id FROM millrace.deduplication d JOIN" + EVENTS
            + "ON d.event_id = e.id WHERE d.consumer = ? AND d.accepted_at IS NOT NULL";

    private static final String ACCEPT = """
            INSERT INTO millrace.deduplication AS d (consumer, event_id, seen_at, holder, claimed_at, accepted_at)
            SELECT ?, e.id, e.at, ?, now(), now() FROM unnest(?::text[], ?::timestamptz[]) AS e (id, at) ORDER BY e.id
            ON CONFLICT (consumer, event_id, seen_at) DO UPDATE SET accepted_at = coalesce(d.accepted_at, now())
            RETURNING d.event_id, d.holder = ?
            """;

    /**
     * What became of a step.
     *
     * @param verdicts of what was wanted
     * @param takenOver ids of what was marked although another worker had claimed it since: that one goes on with its row
     */
    record Stored(Map<Mark, Verdict> verdicts, Set<String> takenOver) {}

    /** Rows that are not returned belong to another, or are done. */
    private static final String CLAIM = """
            INSERT INTO millrace.deduplication AS d (consumer, event_id, seen_at, holder, claimed_at)
            SELECT ?, e.id, e.at, ?, now() FROM unnest(?::text[], ?::timestamptz[]) AS e (id, at) ORDER BY e.id
            ON CONFLICT (consumer, event_id, seen_at) DO UPDATE SET holder = excluded.holder, claimed_at = now(), claims = d.claims + 1
            WHERE d.accepted_at IS NULL
              AND (d.holder = excluded.holder OR d.claimed_at < now() - make_interval(secs => ?))
            RETURNING d.event_id, d.claims > 1
            """;

    private final String consumer;
    private final String holder;
    private final double leaseSeconds;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;

    /**
     * Takes whose marks these are.
     *
     * @param holder this process, unlike any other
     * @param lease longer than one try may take
     */
    Marks(DataSource dataSource, String consumer, String holder, Duration lease) {
        this.consumer = consumer;
        this.holder = holder;
        this.leaseSeconds = lease.toMillis() / 1000.0;
        this.jdbc = new JdbcTemplate(dataSource);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
    }

    @Override
    public Set<String> accepted(Collection<Mark> events) {
        return accepted(ACCEPTED, events);
    }

    @Override
    public Set<String> acceptedEver(Collection<Mark> events) {
        return accepted(ACCEPTED_EVER, events);
    }

    private Set<String> accepted(String sql, Collection<Mark> events) {
        return query(events, (connection, ids, times) -> {
            Set<String> found = new HashSet<>();
            try (PreparedStatement select = connection.prepareStatement(sql)) {
                select.setArray(1, ids);
                select.setArray(2, times);
                select.setString(3, consumer);
                try (ResultSet rows = select.executeQuery()) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
            }
            return found;
        });
    }

    @Override
    public Stored store(Collection<Mark> accepted, Collection<Mark> wanted) {
        return java.util.Objects.requireNonNull(transaction.execute(status -> {
            // a mark that a crash of the platform database undoes would have its effect twice; and a worker that stands
            // still here
            // must not keep its rows' locks from the one that takes over
            jdbc.execute("SET LOCAL synchronous_commit = on; SET LOCAL idle_in_transaction_session_timeout = '5s'");
            Set<String> takenOver = accepted.isEmpty() ? Set.of() : accept(accepted);
            return new Stored(wanted.isEmpty() ? Map.of() : claim(wanted), takenOver);
        }));
    }

    private Set<String> accept(Collection<Mark> events) {
        return query(events, (connection, ids, times) -> {
            Set<String> takenOver = new HashSet<>(0);
            try (PreparedStatement insert = connection.prepareStatement(ACCEPT)) {
                insert.setString(1, consumer);
                insert.setString(2, holder);
                insert.setArray(3, ids);
                insert.setArray(4, times);
                insert.setString(5, holder);
                try (ResultSet rows = insert.executeQuery()) {
                    while (rows.next()) {
                        if (!rows.getBoolean(2)) {
                            takenOver.add(rows.getString(1));
                        }
                    }
                }
            }
            return takenOver;
        });
    }

    private Map<Mark, Verdict> claim(Collection<Mark> events) {
        Map<String, Verdict> claimed = query(events, (connection, ids, times) -> {
            Map<String, Verdict> found = new HashMap<>();
            try (PreparedStatement insert = connection.prepareStatement(CLAIM)) {
                insert.setString(1, consumer);
                insert.setString(2, holder);
                insert.setArray(3, ids);
                insert.setArray(4, times);
                insert.setDouble(5, leaseSeconds);
                try (ResultSet rows = insert.executeQuery()) {
                    while (rows.next()) {
                        found.put(rows.getString(1), rows.getBoolean(2) ? Verdict.AGAIN : Verdict.FIRST);
                    }
                }
            }
            return found;
        });
        Set<String> done = claimed.size() == events.size() ? Set.of() : accepted(events);
        Map<Mark, Verdict> verdicts = new HashMap<>();
        for (Mark event : events) {
            verdicts.put(
                    event,
                    claimed.getOrDefault(
                            event.eventId(), done.contains(event.eventId()) ? Verdict.DONE : Verdict.HELD));
        }
        return verdicts;
    }

    private interface Statement<T> {
        T run(Connection connection, Array ids, Array times) throws SQLException;
    }

    private <T> T query(Collection<Mark> events, Statement<T> statement) {
        List<Mark> all = List.copyOf(events);
        return java.util.Objects.requireNonNull(jdbc.execute((ConnectionCallback<T>) connection -> {
            Object[] ids = all.stream().map(Mark::eventId).toArray();
            Object[] times =
                    all.stream().map(mark -> mark.capturedAt().toString()).toArray();
            return statement.run(
                    connection, connection.createArrayOf("text", ids), connection.createArrayOf("text", times));
        }));
    }
}
