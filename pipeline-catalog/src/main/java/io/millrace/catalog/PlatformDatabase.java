package io.millrace.catalog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/** The platform database at the start of an app: migrated, and readable with the present secret; a sentence where it is not. */
final class PlatformDatabase {

    private final DataSource database;
    private final String url;
    private final String username;

    /**
     * @param url as it is configured, for messages
     * @param username likewise
     */
    PlatformDatabase(DataSource database, String url, String username) {
        this.database = database;
        // what follows may hold a password
        this.url = url.replaceFirst("\\?.*", "");
        this.username = username;
    }

    /**
     * Migrates. Flyway takes PostgreSQL's advisory lock, so apps that start together wait for the first.
     *
     * @throws StartRefusedException when the database does not answer, refuses the login, or does not let its tables be made
     */
    Flyway migrate() {
        try (Connection connection = database.getConnection()) {
            connection.isValid(5);
        } catch (SQLException | RuntimeException e) {
            // the pool's own exception, at its first connection, is no SQLException
            throw refused(e);
        }
        Flyway flyway = Flyway.configure()
                .dataSource(database)
                .schemas("millrace")
                .locations("classpath:db/migration/millrace")
                .load();
        try {
            flyway.migrate();
            return flyway;
        } catch (FlywayException e) {
            SQLException cause = sqlException(e);
            if (cause != null && "42501".equals(cause.getSQLState())) {
                throw new StartRefusedException(
                        "The user " + username + " may not make Millrace's tables in the platform database " + url
                                + ". PostgreSQL says: " + cause.getMessage() + ".",
                        "Run there: GRANT CREATE ON DATABASE ... TO " + username + ";",
                        e);
            }
            throw e;
        }
    }

    /** @throws StartRefusedException when the sources' passwords were stored with another secret */
    void requireReadable(SecretCipher cipher) {
        try (Connection connection = database.getConnection();
                PreparedStatement statement =
                        connection.prepareStatement("SELECT name, password_cipher FROM millrace.source ORDER BY name");
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                requireReadable(cipher, rows.getString("name"), rows.getString("password_cipher"));
            }
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    private static void requireReadable(SecretCipher cipher, String source, String encrypted) {
        try {
            cipher.decrypt(encrypted);
        } catch (IllegalStateException e) {
            throw new StartRefusedException(
                    "The password of the source " + source
                            + " was stored with another millrace.catalog.secret than the present one.",
                    "Start with that secret; ./millrace up keeps it as catalog.secret in its data directory. If it is lost, run in the"
                            + " platform database: UPDATE millrace.source SET password_cipher = ''; then start, and enter the"
                            + " passwords again on the pages of the sources.",
                    e);
        }
    }

    private StartRefusedException refused(Exception e) {
        SQLException said = sqlException(e);
        String state = said == null || said.getSQLState() == null ? "" : said.getSQLState();
        String message = " PostgreSQL says: " + (said == null ? e : said).getMessage();
        return switch (state) {
            case "28P01", "28000" ->
                new StartRefusedException(
                        "The platform database " + url + " refuses the login of " + username + "." + message,
                        "Correct spring.datasource.username and spring.datasource.password"
                                + " (SPRING_DATASOURCE_PASSWORD), or pg_hba.conf.",
                        e);
            case "3D000" ->
                new StartRefusedException(
                        "The platform database " + url + " does not exist." + message,
                        "Create it (CREATE DATABASE millrace), or correct spring.datasource.url.",
                        e);
            default ->
                new StartRefusedException(
                        "The platform database " + url + " does not answer: "
                                + String.valueOf((said == null ? e : said).getMessage())
                                        .replaceFirst("\\. Check that the hostname.*", "."),
                        "Check that it runs and that spring.datasource.url (SPRING_DATASOURCE_URL) is right.",
                        e);
        };
    }

    /** A pool wraps what the driver said. */
    private static @Nullable SQLException sqlException(Throwable failure) {
        SQLException found = null;
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof SQLException sql && (found == null || sql.getSQLState() != null)) {
                found = sql;
            }
        }
        return found;
    }
}
