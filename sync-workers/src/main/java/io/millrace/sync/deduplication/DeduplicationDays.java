package io.millrace.sync.deduplication;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The table {@code deduplication}: a partition for each day, dropped whole when all of it may be forgotten. */
final class DeduplicationDays {

    private static final Logger log = LoggerFactory.getLogger(DeduplicationDays.class);
    private static final int DAYS_AHEAD = 2;
    private static final String PREFIX = "deduplication_";

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final Duration retention;

    DeduplicationDays(JdbcTemplate jdbc, Duration retention) {
        this.jdbc = jdbc;
        this.transaction =
                new TransactionTemplate(new JdbcTransactionManager(Objects.requireNonNull(jdbc.getDataSource())));
        this.retention = retention;
    }

    /** Makes the partitions of the next days and drops those that are older than what must be remembered. One worker at a time. */
    void care(Instant now) {
        LocalDate today = now.atZone(ZoneOffset.UTC).toLocalDate();
        for (int i = 0; i <= DAYS_AHEAD; i++) {
            create(today.plusDays(i));
        }
        // noted before anything is dropped
        jdbc.update(
                "INSERT INTO millrace.deduplication_forgotten AS f (captured_before) VALUES (?) ON CONFLICT (only_row)"
                        + " DO UPDATE SET captured_before = greatest(f.captured_before, excluded.captured_before)",
                Timestamp.from(now.minus(retention)));
        LocalDate kept = now.minus(retention).atZone(ZoneOffset.UTC).toLocalDate();
        for (String name : days()) {
            if (LocalDate.parse(name.substring(PREFIX.length()).replace('_', '-'))
                    .isBefore(kept)) {
                drop(name);
            }
        }
        // late changes are remembered from when they were delivered: until their offset is passed they may come again
        jdbc.update(
                "DELETE FROM millrace.deduplication_default WHERE greatest(seen_at, claimed_at, accepted_at) < ?",
                Timestamp.from(now.minus(retention)));
    }

    private void create(LocalDate day) {
        String name = PREFIX + day.toString().replace('-', '_');
        try {
            change("CREATE TABLE IF NOT EXISTS millrace." + name
                    + " PARTITION OF millrace.deduplication FOR VALUES FROM ('" + day + " 00:00:00+00') TO ('"
                    + day.plusDays(1) + " 00:00:00+00')");
        } catch (DataAccessException e) {
            // rows of that day are in the default partition, another worker makes it, or somebody reads the table:
            // nothing is lost by any
            log.debug("The partition {} is not made: {}", name, e.getMessage());
        }
    }

    private void drop(String name) {
        try {
            change("DROP TABLE IF EXISTS millrace." + name);
            log.info("Effects of {} are forgotten", name.substring(PREFIX.length()));
        } catch (DataAccessException e) {
            log.info("The partition {} is dropped later: {}", name, e.getMessage());
        }
    }

    /** These statements lock the table against everyone: whoever queues behind one that waits for somebody's long query waits too. */
    private void change(String statement) {
        transaction.executeWithoutResult(status -> {
            jdbc.execute("SET LOCAL lock_timeout = '2s'");
            jdbc.execute(statement);
        });
    }

    private List<String> days() {
        return jdbc.queryForList(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                        + " WHERE i.inhparent = 'millrace.deduplication'::regclass"
                        + " AND c.relname ~ '^deduplication_[0-9]{4}_[0-9]{2}_[0-9]{2}$' ORDER BY 1",
                String.class);
    }
}
