package io.millrace.catalog.preflight;

import io.millrace.catalog.Source;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Opens connections to sources. Thread-safe. */
public final class SourceConnection {

    private static final Logger LOG = LoggerFactory.getLogger(SourceConnection.class);
    private static final String CONNECT_SECONDS = "5";

    /** Firewalls and cut cables say nothing: without a limit a statement would be waited for until TCP gives up, or for ever. */
    private static final String ANSWER_SECONDS = "60";

    private SourceConnection() {}

    /**
     * Opens a connection in auto-commit mode; gives up after five seconds. For short statements: one that the source leaves without a word
     * for a minute fails.
     *
     * @param application what the source shows as {@code application_name}
     */
    public static Connection open(Source source, String application) throws SQLException {
        return open(source, application, "");
    }

    /**
     * Opens a connection whose session has these settings; for short statements too.
     *
     * @param options server settings as libpq's {@code options} takes them, for example {@code -c TimeZone=UTC}
     */
    public static Connection open(Source source, String application, String options) throws SQLException {
        return open(source, application, options, new Properties());
    }

    /** Opens a connection for marks in the WAL, which wait for no standby: they say nothing that could be lost. For short statements too. */
    public static Connection openForMarks(Source source, String application) throws SQLException {
        return open(source, application, "-c synchronous_commit=local");
    }

    /** Opens a connection that is sent every value as text, never in the driver's binary form; for statements of any length. */
    public static Connection openText(Source source, String application, String options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("binaryTransfer", "false");
        properties.setProperty("prepareThreshold", "0");
        Connection opened = open(source, application, options, properties);
        liftLimit(opened);
        return opened;
    }

    /**
     * Opens a connection that speaks the replication protocol: no ordinary SQL. Whoever streams over it lifts its limit
     * ({@link #liftLimit}): after one the driver would go on reading in the middle of a message.
     *
     * @param options server settings as libpq's {@code options} takes them
     */
    public static Connection openReplication(Source source, String application, String options) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "14");
        return open(source, application, options, properties);
    }

    /** Cuts a connection off without a word to the source, from any thread: whoever waits for an answer over it waits no longer. */
    public static void cutOff(Connection connection) {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            LOG.debug("A connection could not be cut off", e);
        }
    }

    /** Has statements wait for an answer no longer than this. */
    public static void limit(Connection connection, Duration answer) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, (int) answer.toMillis());
    }

    /** Has statements wait however long they take. */
    public static void liftLimit(Connection connection) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, 0);
    }

    private static Connection open(Source source, String application, String options, Properties properties)
            throws SQLException {
        properties.setProperty("user", source.username());
        properties.setProperty("password", source.password());
        properties.setProperty("ApplicationName", application);
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("loginTimeout", CONNECT_SECONDS);
        properties.setProperty("socketTimeout", ANSWER_SECONDS);
        properties.setProperty("tcpKeepAlive", "true");
        if (!options.isEmpty()) {
            properties.setProperty("options", options);
        }
        return DriverManager.getConnection(source.jdbcUrl(), properties);
    }

    /** Returns why a source does not answer, as a sentence that says what to do, by PostgreSQL's error code. */
    public static Finding refused(Source source, SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String where = source.host() + ":" + source.port() + "/" + source.database();
        String said = " PostgreSQL says: " + e.getMessage() + ".";
        return switch (state) {
            case "28P01", "28000" ->
                Finding.error(
                        "login-refused",
                        "PostgreSQL at " + where + " refuses the login of " + source.username() + "." + said,
                        "Correct the user name or the password of the source (on its page, or PATCH /api/v1/sources/"
                                + source.name() + "), or pg_hba.conf.",
                        null);
            case "3D000" ->
                Finding.error(
                        "no-database",
                        "There is no database " + source.database() + " at " + source.host() + ":" + source.port()
                                + ".",
                        "Correct the database's name.",
                        null);
            case "53300" ->
                Finding.error(
                        "too-many-connections",
                        "PostgreSQL at " + where + " has no connection left." + said,
                        "Raise max_connections, or end sessions that are not needed.",
                        null);
            default ->
                Finding.error(
                        "unreachable",
                        "PostgreSQL at " + where + " does not answer as it should. The driver says: " + e.getMessage(),
                        "Check host, port, SSL mode and that the server runs." + trust(source),
                        null);
        };
    }

    /** What pgjdbc and libpq agree on; its absence is the first thing that one meets. */
    private static String trust(Source source) {
        return source.sslMode().startsWith("verify-")
                ? " With SSL mode " + source.sslMode()
                        + " the certificate to trust is expected in .postgresql/root.crt in the home"
                        + " directory of the account that runs Millrace."
                : "";
    }
}
