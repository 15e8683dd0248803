package io.millrace.e2e;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;

/**
 * Writes to a table {@code (id bigint PRIMARY KEY, n int, note text)} until it is closed: inserts, updates, deletes, changes of the key,
 * single and in transactions of many rows, now and then rolled back. Fifty transactions a second, about 600 changes: what waits after an
 * outage is then bounded by how long that lasted, not by how fast the machine writes.
 */
final class Traffic implements AutoCloseable {

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1) / 50;

    private final DataSource source;
    private final String table;
    private final Random random;
    private final AtomicLong transactions = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile Exception failure;

    private Traffic(DataSource source, String table, long seed) {
        this.source = source;
        this.table = table;
        this.random = new Random(seed);
        this.thread = new Thread(this::run, "traffic-" + table);
    }

    static Traffic on(DataSource source, String table, long seed) {
        Traffic traffic = new Traffic(source, table, seed);
        traffic.thread.start();
        return traffic;
    }

    long transactions() {
        return transactions.get();
    }

    private void run() {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (long next = System.nanoTime(); !stopped; next += PAUSE_NANOS) {
                LockSupport.parkNanos(next - System.nanoTime());
                int changes = random.nextInt(20) == 0 ? 200 : 1 + random.nextInt(4);
                for (int i = 0; i < changes; i++) {
                    statement.addBatch(change());
                }
                statement.executeBatch();
                if (random.nextInt(15) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                    transactions.incrementAndGet();
                }
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    private String change() {
        int id = random.nextInt(2_000);
        int value = random.nextInt();
        return switch (random.nextInt(10)) {
            case 0 -> "DELETE FROM " + table + " WHERE id = " + id;
            case 1 ->
                "UPDATE " + table + " SET id = id + 100000 WHERE id = " + id + " AND NOT EXISTS (SELECT FROM " + table
                        + " t WHERE t.id = " + (id + 100_000) + ")";
            case 2, 3, 4 -> "UPDATE " + table + " SET n = " + value + " WHERE id = " + id;
            default ->
                "INSERT INTO " + table + " VALUES (" + id + ", " + value + ", 'note " + value
                        + "') ON CONFLICT (id) DO UPDATE SET n = excluded.n, note = excluded.note";
        };
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw new IllegalStateException("The traffic on " + table + " broke off: " + failure.getMessage(), failure);
        }
    }
}
