package io.millrace.sync.sink.audit;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.FenceLostException;
import io.millrace.sync.sink.HeldState;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Appends to {@code millrace.change_log}: rows by COPY and the fenced offsets in one transaction, so a change is there exactly once
 * however often its record is read. After a rewind the events that are there are left out by their ids.
 */
final class AuditSink implements Sink, HeldState {

    static final String NAME = "audit";

    private final JdbcTemplate jdbc;
    private final TransactionTemplate transaction;
    private final Offsets offsets;
    private final MonthlyPartitions partitions;
    private final HeldSearch held;
    private volatile @Nullable String settings;

    AuditSink(DataSource dataSource, Offsets offsets) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        this.offsets = offsets;
        this.partitions = new MonthlyPartitions(jdbc, transaction);
        this.held = new HeldSearch(dataSource);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String title() {
        return "History";
    }

    @Override
    public String purpose() {
        return "Every change with before and after, appended and never altered.";
    }

    @Override
    public SinkKind kind() {
        return SinkKind.LOG;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        try {
            partitions.ensure();
            transaction.executeWithoutResult(status -> {
                jdbc.execute(settings());
                if (batch.repeats()) {
                    // what is there is known for certain only behind the fence
                    batch.steps().forEach(this::fence);
                    copy(HeldEvents.leftOut(jdbc, batch.changes()));
                } else {
                    // the fence locks the offsets, and PostgreSQL ends no session whose client stands still inside COPY
                    copy(batch.changes());
                    batch.steps().forEach(this::fence);
                }
            });
            return List.of();
        } catch (FenceLost e) {
            throw new FenceLostException(String.valueOf(e.getMessage()));
        } catch (DataAccessException | TransactionException | UncheckedIOException e) {
            throw translated(e);
        }
    }

    /**
     * An acknowledged change must survive a crash of the platform database, whatever its default is. And a worker that stands still in
     * its transaction must not keep the offsets' locks from the one that takes over: PostgreSQL ends it, unless that is inside COPY.
     */
    private String settings() {
        String known = settings;
        if (known == null) {
            Integer version = jdbc.queryForObject("SELECT current_setting('server_version_num')::int", Integer.class);
            known = "SET LOCAL synchronous_commit = on; SET LOCAL idle_in_transaction_session_timeout = '10s'"
                    + (version != null && version >= 170_000 ? "; SET LOCAL transaction_timeout = '30s'" : "");
            settings = known;
        }
        return known;
    }

    private void fence(Advance step) {
        if (!offsets.advanceFenced(NAME, step)) {
            throw new FenceLost("The history is no longer at offset " + step.expectedOffset() + " of "
                    + step.partition().topic() + "-" + step.partition().partition()
                    + ": another worker wrote on, or it was rewound");
        }
    }

    private void copy(List<Change> changes) {
        if (!changes.isEmpty()) {
            jdbc.execute((ConnectionCallback<Long>) connection -> copy(connection, changes));
        }
    }

    private static long copy(Connection connection, List<Change> changes) throws SQLException {
        var copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(ChangeLogCopy.SQL);
        try {
            ChangeLogCopy rows = new ChangeLogCopy(copy);
            for (Change change : changes) {
                rows.add(change);
            }
            return rows.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    @Override
    public void olderThan(CapturedTable table, long version, boolean withRows, Page page)
            throws SinkException, InterruptedException {
        try {
            held.find(table, version, withRows, page);
        } catch (SQLException e) {
            throw translated(e);
        }
    }

    @Override
    public void check() throws SinkException {
        try {
            jdbc.queryForObject("SELECT 1 FROM pg_class WHERE oid = 'millrace.change_log'::regclass", Integer.class);
        } catch (DataAccessException e) {
            throw translated(e);
        }
    }

    private static SinkException translated(Exception e) {
        String state = null;
        String said = String.valueOf(e.getMessage());
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && sql.getSQLState() != null) {
                state = sql.getSQLState();
                said = String.valueOf(sql.getMessage());
                break;
            }
        }
        return new SinkException(category(state), "The change history cannot be written: " + said, e);
    }

    /** By SQLSTATE class (PostgreSQL documentation, appendix A); what is unknown is waited for, never dropped. */
    static ErrorCategory category(@Nullable String state) {
        if (state == null) {
            return ErrorCategory.RETRYABLE;
        }
        return switch (state.substring(0, 2)) {
            case "22", "23", "54" -> ErrorCategory.REJECTED;
            case "42" -> ErrorCategory.FATAL;
            default -> ErrorCategory.RETRYABLE;
        };
    }

    /** Carries a lost fence out of the transaction, so that it is rolled back. */
    private static final class FenceLost extends RuntimeException {
        FenceLost(String message) {
            super(message);
        }
    }
}
