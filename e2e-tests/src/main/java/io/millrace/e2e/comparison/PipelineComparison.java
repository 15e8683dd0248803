package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/**
 * Compares tables with their copies, whole: each row and each column. The copies are loaded into a temporary table at the source, and
 * PostgreSQL compares. Meant for a flow that is quiet; a barrier goes before it.
 */
public final class PipelineComparison {

    private final DataSource source;
    private final String sourceName;

    public PipelineComparison(String sourceName, DataSource source) {
        this.sourceName = sourceName;
        this.source = source;
    }

    /** Compares one table, which has a primary key, with one store. */
    public TableComparison compare(TableId table, RowStore store) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex'");
            statement.execute("CREATE TEMP TABLE stored (doc jsonb NOT NULL, unknown_columns text[] NOT NULL)");
            load(connection, table, store);
            return new TableComparison(
                    store.name(),
                    table.toString(),
                    count(statement, table.quoted()),
                    count(statement, "stored"),
                    differences(connection, statement, table, store.keepsJsonNull()));
        } catch (SQLException e) {
            throw new IllegalStateException(
                    "Cannot compare " + table + " with " + store.name() + ": " + e.getMessage(), e);
        }
    }

    private void load(Connection connection, TableId table, RowStore store) throws SQLException {
        try (PGCopyOutputStream copy =
                new PGCopyOutputStream(connection.unwrap(PGConnection.class), "COPY stored FROM STDIN", 1 << 16)) {
            store.rows(sourceName, table, row -> {
                String unknown = row.unknown().isEmpty()
                        ? "{}"
                        : row.unknown().stream()
                                .map(name -> '"' + name.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                                .collect(java.util.stream.Collectors.joining(",", "{", "}"));
                try {
                    copy.write(
                            (escape(row.document()) + "\t" + escape(unknown) + "\n").getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            copy.endCopy();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String escape(String text) {
        return text.replace("\\", "\\\\")
                .replace("\n", "\\n")
                .replace("\r", "\\r")
                .replace("\t", "\\t");
    }

    private static long count(Statement statement, String table) throws SQLException {
        try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<Difference> differences(
            Connection connection, Statement statement, TableId table, boolean jsonNull) throws SQLException {
        statement.execute("ANALYZE stored");
        List<Difference> found = new ArrayList<>();
        try (ResultSet row =
                statement.executeQuery(SourceTable.read(connection, table).differenceQuery(jsonNull))) {
            while (row.next()) {
                Difference.Kind kind = row.getBoolean("missing")
                        ? Difference.Kind.MISSING
                        : row.getBoolean("surplus") ? Difference.Kind.SURPLUS : Difference.Kind.DIFFERENT;
                List<String> columns = kind == Difference.Kind.DIFFERENT
                        ? Arrays.asList((String[]) row.getArray("differing").getArray())
                        : List.of();
                found.add(new Difference(row.getString("key"), kind, columns));
            }
        }
        return found;
    }
}
