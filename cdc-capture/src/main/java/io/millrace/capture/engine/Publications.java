package io.millrace.capture.engine;

import static io.millrace.event.TableId.quote;

import io.millrace.catalog.Source;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts tables into the publications of a source, and takes them out. */
final class Publications {

    private final Source source;

    Publications(Source source) {
        this.source = source;
    }

    /** Returns which tables are published, each with the name of its publication. */
    Map<TableId, String> read(Connection connection) throws SQLException {
        Map<TableId, String> published = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT n.nspname, c.relname, p.pubname FROM pg_publication_rel r
                JOIN pg_publication p ON p.oid = r.prpubid JOIN pg_class c ON c.oid = r.prrelid
                JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.pubname IN (?, ?)
                """)) {
            statement.setString(1, source.publication());
            statement.setString(2, source.insertOnlyPublication());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    published.put(new TableId(row.getString(1), row.getString(2)), row.getString(3));
                }
            }
        }
        return published;
    }

    /** Returns the OIDs of the tables that are published. */
    Set<Long> oids(Connection connection) throws SQLException {
        Set<Long> published = new HashSet<>();
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT r.prrelid::bigint FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
                WHERE p.pubname IN (?, ?)
                """)) {
            statement.setString(1, source.publication());
            statement.setString(2, source.insertOnlyPublication());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    published.add(row.getLong(1));
                }
            }
        }
        return published;
    }

    /**
     * From 18 on PostgreSQL publishes stored generated columns where it is asked to; done before every start, for the server may have been
     * upgraded since.
     */
    void publishGeneratedColumns(Connection connection) throws SQLException {
        if (connection.getMetaData().getDatabaseMajorVersion() < 18) {
            return;
        }
        for (String publication : List.of(source.publication(), source.insertOnlyPublication())) {
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT FROM pg_publication p WHERE p.pubname = ? AND to_jsonb(p) ->> 'pubgencols' = 'n'");
                    Statement change = connection.createStatement()) {
                statement.setString(1, publication);
                try (ResultSet row = statement.executeQuery()) {
                    if (row.next()) {
                        change.execute("ALTER PUBLICATION " + quote(publication)
                                + " SET (publish_generated_columns = stored)");
                    }
                }
            }
        }
    }

    /** Moves a table between the publication of everything and the one of INSERT and TRUNCATE, in one transaction. */
    void move(Connection connection, TableId table, boolean everything) throws SQLException {
        String to = everything ? source.publication() : source.insertOnlyPublication();
        String from = everything ? source.insertOnlyPublication() : source.publication();
        connection.setAutoCommit(false);
        try {
            alter(connection, altering(to, "ADD", table));
            alter(connection, altering(from, "DROP", table));
            connection.commit();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** @param everything false for a table whose UPDATE and DELETE would fail once published */
    void add(Connection connection, TableId table, boolean everything) throws SQLException {
        alter(connection, adding(table, everything));
    }

    /** Returns the statement for {@link #add}. */
    String adding(TableId table, boolean everything) {
        return altering(everything ? source.publication() : source.insertOnlyPublication(), "ADD", table);
    }

    void drop(Connection connection, TableId table, String publication) throws SQLException {
        alter(connection, altering(publication, "DROP", table));
    }

    private static String altering(String publication, String verb, TableId table) {
        return "ALTER PUBLICATION " + quote(publication) + " " + verb + " TABLE " + table.quoted();
    }

    private static void alter(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
