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
import java.util.Map;

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
