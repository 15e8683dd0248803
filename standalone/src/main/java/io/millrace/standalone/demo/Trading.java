package io.millrace.standalone.demo;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shop's trade: a few connections that each do one small transaction after the other, 20 to 50 changed rows a second in all, and
 * one that touches hundreds of rows each half minute. A transaction that fails is skipped, a database that is away is waited for.
 */
final class Trading implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Trading.class);
    private static final int TRADERS = 3;
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(380);
    private static final Duration BULK_INTERVAL = Duration.ofSeconds(30);
    private static final Duration RECONNECT_PAUSE = Duration.ofSeconds(1);

    private final DemoShop shop;
    private final List<Trade> usual;
    private final List<Trade> bulk;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    Trading(DemoShop shop, List<Trade> trades) {
        this.shop = shop;
        this.usual = trades.stream().filter(trade -> trade.weight() > 0).toList();
        this.bulk = trades.stream().filter(trade -> trade.weight() == 0).toList();
        for (int i = 0; i < TRADERS; i++) {
            start("shop-trader-" + (i + 1), false);
        }
        start("shop-bulk", true);
    }

    private void start(String name, boolean inBulk) {
        Thread thread = new Thread(() -> run(name, inBulk), name);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void run(String name, boolean inBulk) {
        try {
            while (!isClosed(Duration.ZERO)) {
                try (Connection connection = shop.connect(name)) {
                    connection.setAutoCommit(false);
                    if (inBulk) {
                        inBulk(connection);
                    } else {
                        asUsual(connection);
                    }
                } catch (SQLException e) {
                    log.info("The shop's database is away: {}", e.getMessage());
                    isClosed(RECONNECT_PAUSE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void asUsual(Connection connection) throws SQLException, InterruptedException {
        Random random = new Random();
        int total = usual.stream().mapToInt(Trade::weight).sum();
        while (!isClosed(Duration.ofMillis(random.nextInt((int) LONGEST_PAUSE.toMillis())))) {
            int pick = random.nextInt(total);
            for (Trade trade : usual) {
                pick -= trade.weight();
                if (pick < 0) {
                    perform(connection, trade);
                    break;
                }
            }
        }
    }

    private void inBulk(Connection connection) throws SQLException, InterruptedException {
        for (int i = 0; !isClosed(BULK_INTERVAL); i++) {
            perform(connection, bulk.get(i % bulk.size()));
        }
    }

    /** A deadlock or a row that went away meanwhile is part of a shop's day; a lost connection is not. */
    private static void perform(Connection connection, Trade trade) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(trade.statements());
            connection.commit();
        } catch (SQLException e) {
            log.debug("{} did not happen: {}", trade.name(), e.getMessage());
            connection.rollback();
        }
    }

    private boolean isClosed(Duration wait) throws InterruptedException {
        return closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Closes the shop; returns when the last transaction is over. */
    @Override
    public void close() {
        closed.countDown();
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
