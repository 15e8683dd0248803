package io.millrace.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class DemoShopIT {

    private DemoShop shop;

    @BeforeEach
    void prepare(LocalStack stack) throws SQLException {
        shop = new DemoShop(stack.postgresJdbcUrl("shop"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
        shop.prepare();
    }

    @Test
    void theShopIsMadeOnce() throws SQLException {
        assertThat(shop.prepare()).isFalse();
        assertThat(shop.count()).isGreaterThan(6_000);
    }

    @Test
    void everyTradeCanHappen() throws SQLException {
        try (Connection connection = shop.connect("test");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (Trade trade : DemoShop.trades()) {
                statement.execute(trade.statements());
                connection.commit();
            }
        }
    }

    @Test
    void theOpenShopTradesUntilItIsClosed() throws Exception {
        long before = newestOrder();
        try (AutoCloseable trading = shop.trade()) {
            long deadline = System.nanoTime() + 30_000_000_000L;
            while (newestOrder() == before && System.nanoTime() < deadline) {
                Thread.onSpinWait();
            }
        }
        long after = newestOrder();
        assertThat(after).isGreaterThan(before);
        assertThat(newestOrder()).isEqualTo(after);
    }

    private long newestOrder() throws SQLException {
        try (Connection connection = shop.connect("test");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT max(id) FROM orders")) {
            row.next();
            return row.getLong(1);
        }
    }
}
