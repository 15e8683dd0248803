package io.millrace.sync.sink.audit;

import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps a partition of {@code change_log} for this month and the next. Other months' changes (old transactions, snapshots) go to
 * the default partition: nothing is refused for its time.
 */
final class MonthlyPartitions {

    private static final Logger log = LoggerFactory.getLogger(MonthlyPartitions.class);

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private volatile @Nullable YearMonth ensured;

    MonthlyPartitions(JdbcTemplate jdbc, TransactionTemplate transaction) {
        this.jdbc = jdbc;
        this.transaction = transaction;
    }

    /** Creates what is missing, once a month. A partition that cannot be created is no reason to refuse a change. */
    void ensure() {
        YearMonth month = YearMonth.now(ZoneOffset.UTC);
        if (!month.equals(ensured)) {
            ensure(month);
        }
    }

    /** Whoever comes second waits: a row of the month that the default partition holds already keeps the month's own from being made. */
    private synchronized void ensure(YearMonth month) {
        if (!month.equals(ensured)) {
            create(month);
            create(month.plusMonths(1));
            ensured = month;
        }
    }

    private void create(YearMonth month) {
        String name = String.format(Locale.ROOT, "change_log_%d_%02d", month.getYear(), month.getMonthValue());
        try {
            transaction.executeWithoutResult(status -> {
                jdbc.execute("SET LOCAL lock_timeout = '2s'");
                jdbc.execute("CREATE TABLE IF NOT EXISTS millrace." + name
                        + " PARTITION OF millrace.change_log FOR VALUES" + " FROM ('" + month
                        + "-01 00:00:00+00') TO ('" + month.plusMonths(1) + "-01 00:00:00+00')");
            });
        } catch (DataAccessException e) {
            log.warn(
                    "The history's partition millrace.{} was not created; changes of {} go to the default partition. Cause: {}",
                    name,
                    month,
                    e.getMostSpecificCause().getMessage());
        }
    }
}
