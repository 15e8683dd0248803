package io.millrace.standalone.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;

/** The demo shop's database. */
public final class DemoShop {

    /** Its tables, those that others refer to first. */
    public static final List<String> TABLES =
            List.of("customers", "products", "orders", "order_lines", "payments", "product_media");

    private final String url;
    private final String user;
    private final String password;

    public DemoShop(String url, String user, String password) {
        this.url = url;
        this.user = user;
        this.password = password;
    }

    /**
     * Creates and fills the shop in one transaction, unless it is there.
     *
     * @return whether it was created now
     */
    public boolean prepare() throws SQLException {
        try (Connection connection = connect("shop-setup");
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            // two that start at once: the second waits and then finds the shop
            statement.execute("SELECT pg_advisory_xact_lock(hashtext('millrace demo shop'))");
            try (ResultSet found = statement.executeQuery("SELECT to_regclass('public.product_media') IS NOT NULL")) {
                if (found.next() && found.getBoolean(1)) {
                    return false;
                }
            }
            statement.execute(resource("schema.sql"));
            statement.execute(resource("seed.sql"));
            connection.commit();
            return true;
        }
    }

    /** Returns the number of rows in all tables. */
    public long count() throws SQLException {
        String sum = TABLES.stream()
                .map(table -> "(SELECT count(*) FROM " + table + ")")
                .collect(Collectors.joining(" + ", "SELECT ", ""));
        try (Connection connection = connect("shop-setup");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sum)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Opens the shop: its trade goes on in the background until it is closed. */
    public AutoCloseable trade() {
        return new Trading(this, trades());
    }

    static List<Trade> trades() {
        return Trade.read(resource("trading.sql"));
    }

    Connection connect(String application) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("ApplicationName", application);
        properties.setProperty("connectTimeout", "5");
        return DriverManager.getConnection(url, properties);
    }

    private static String resource(String name) {
        try (InputStream in = DemoShop.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("The demo shop's " + name + " is not on the class path");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
