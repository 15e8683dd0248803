package io.millrace.catalog;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL database that tables are captured from.
 *
 * @param name lower-case, unique; the prefix of its topics
 * @param password in clear; kept encrypted in the catalog, never shown, logged or returned by the API
 * @param sslMode as libpq and pgjdbc spell it: disable, prefer, require, verify-ca, verify-full
 * @param epoch counts up when the source's history was cut
 * @param message what is wrong and what to do, where the state is one that needs a word; else null
 */
public record Source(
        String name,
        String host,
        int port,
        String database,
        String username,
        String password,
        String sslMode,
        String slot,
        String publication,
        int epoch,
        SourceState state,
        @Nullable String message,
        Instant stateSince) {

    /** Returns a new source, not yet stored, with the usual names for its slot and publication: {@code millrace_<name>}. */
    public static Source of(
            String name, String host, int port, String database, String username, String password, String sslMode) {
        String own = "millrace_" + name.replace('-', '_');
        return new Source(
                name,
                host,
                port,
                database,
                username,
                password,
                sslMode,
                own,
                own,
                1,
                SourceState.PENDING,
                null,
                Instant.EPOCH);
    }

    /** Returns the JDBC URL, without credentials. */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + host + ":" + port + "/" + database + "?sslmode=" + sslMode;
    }

    /**
     * Returns the name of a second publication, of INSERT and TRUNCATE alone: publishing UPDATE and DELETE of a table without a replica
     * identity would make them fail for the application.
     */
    public String insertOnlyPublication() {
        return publication + "_inserts";
    }

    /** Leaves the password out. */
    @Override
    public String toString() {
        return name + " (" + username + "@" + host + ":" + port + "/" + database + ")";
    }
}
