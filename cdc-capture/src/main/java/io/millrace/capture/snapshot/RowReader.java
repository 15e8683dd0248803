package io.millrace.capture.snapshot;

import io.millrace.capture.publish.ReadBatch;
import io.millrace.capture.wal.Tuple;
import io.millrace.catalog.Column;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows as the text that PostgreSQL sends: the same bytes that the stream would bring. Needs a connection that is asked for text,
 * with the session settings of the stream.
 */
final class RowReader {

    /** A chunk ends early where its rows are large. */
    private static final long MAX_BYTES = 4L << 20;

    private static final int FETCH_ROWS = 500;

    private final SourceTable table;
    private final List<Column> key;
    private final String from;

    RowReader(SourceTable table) {
        this.table = table;
        this.key = table.keyColumns().stream()
                .map(name -> table.columns().stream()
                        .filter(column -> column.name().equals(name))
                        .findFirst()
                        .orElseThrow())
                .toList();
        // the children of an inheritance parent are tables of their own; the partitions of a partitioned table are not
        this.from = "SELECT "
                + table.columns().stream()
                        .map(column -> TableId.quote(column.name()))
                        .collect(Collectors.joining(", "))
                + " FROM " + (table.kind() == SourceTable.Kind.TABLE ? "ONLY " : "")
                + table.table().quoted();
    }

    /**
     * Reads the next rows behind a key and not behind another, at most so many, in the key's order.
     *
     * @param filter an expression as a prepared statement needs it; null for all rows
     */
    void behind(
            Connection connection,
            @Nullable RowKey last,
            RowKey end,
            @Nullable String filter,
            int limit,
            ReadBatch into)
            throws SQLException {
        String columns = columns("");
        String where = " WHERE (" + columns + ") <= " + parameters()
                + (last == null ? "" : " AND (" + columns + ") > " + parameters())
                + (filter == null ? "" : " AND (" + filter + ")");
        try (PreparedStatement statement =
                connection.prepareStatement(from + where + " ORDER BY " + columns + " LIMIT " + limit)) {
            int index = set(statement, 1, end);
            if (last != null) {
                set(statement, index, last);
            }
            read(connection, statement, into);
        }
    }

    /**
     * Reads the row with the highest key; none where the table is empty. What is inserted behind it later comes with the stream, so a
     * snapshot need not run after an application that goes on appending.
     */
    void highest(Connection connection, ReadBatch into) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(from + " ORDER BY " + columns(" DESC") + " LIMIT 1")) {
            read(connection, statement, into);
        }
    }

    private String columns(String order) {
        return key.stream().map(column -> TableId.quote(column.name()) + order).collect(Collectors.joining(", "));
    }

    /**
     * Reads those of these rows that are there. A key that PostgreSQL cannot read as one is the key of no row.
     *
     * @return false if there may be more of them than were read, because they are large
     */
    boolean at(Connection connection, List<RowKey> keys, ReadBatch into) throws SQLException {
        List<RowKey> fitting =
                keys.stream().filter(each -> each.values().size() == key.size()).toList();
        if (fitting.isEmpty()) {
            return true;
        }
        String all = fitting.stream().map(each -> parameters()).collect(Collectors.joining(", "));
        int before = into.size();
        try (PreparedStatement statement =
                connection.prepareStatement(from + " WHERE (" + columns("") + ") IN (" + all + ")")) {
            int index = 1;
            for (RowKey each : fitting) {
                index = set(statement, index, each);
            }
            return read(connection, statement, into);
        } catch (SQLException e) {
            if (!String.valueOf(e.getSQLState()).startsWith("22") || into.size() > before) {
                throw e;
            }
            if (fitting.size() == 1) {
                return true;
            }
            int middle = fitting.size() / 2;
            return at(connection, fitting.subList(0, middle), into)
                    && at(connection, fitting.subList(middle, fitting.size()), into);
        }
    }

    private String parameters() {
        return key.stream().map(RowReader::parameter).collect(Collectors.joining(", ", "(", ")"));
    }

    private static String parameter(Column column) {
        return column.typeName().equals("bytea")
                ? "decode(?, 'base64')"
                : "CAST(CAST(? AS text) AS " + column.type() + ")";
    }

    private int set(PreparedStatement statement, int from, RowKey values) throws SQLException {
        int index = from;
        for (String value : values.values()) {
            String type = key.get(index - from).typeName();
            statement.setString(index++, type.startsWith("_") ? ArrayText.of(value, type.equals("_bytea")) : value);
        }
        return index;
    }

    /** A cursor bounds the memory, and lets a chunk of large rows end early. */
    private boolean read(Connection connection, PreparedStatement statement, ReadBatch into) throws SQLException {
        connection.setAutoCommit(false);
        try {
            statement.setFetchSize(FETCH_ROWS);
            try (ResultSet row = statement.executeQuery()) {
                return next(row, Integer.MAX_VALUE, into);
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    /** Opens a cursor over the whole table; for tables without a key. The connection must be in a transaction. */
    PreparedStatement all(Connection connection, @Nullable String filter) throws SQLException {
        PreparedStatement statement =
                connection.prepareStatement(from + (filter == null ? "" : " WHERE (" + filter + ")"));
        statement.setFetchSize(FETCH_ROWS);
        return statement;
    }

    /** Takes the next rows of a cursor, at most so many; returns whether it is at its end. */
    boolean next(ResultSet row, int limit, ReadBatch into) throws SQLException {
        int rows = 0;
        long bytes = 0;
        while (rows < limit && bytes < MAX_BYTES) {
            if (!row.next()) {
                return true;
            }
            Tuple tuple = tuple(row);
            bytes += tuple.data().length;
            rows++;
            into.add(tuple);
        }
        return false;
    }

    private Tuple tuple(ResultSet row) throws SQLException {
        int count = table.columns().size();
        byte[][] values = new byte[count][];
        int size = 0;
        for (int i = 0; i < count; i++) {
            values[i] = text(row, i);
            size += values[i] == null ? 0 : values[i].length;
        }
        byte[] data = new byte[size];
        Tuple tuple = new Tuple();
        tuple.reset(data, count);
        int at = 0;
        for (byte[] value : values) {
            if (value == null) {
                tuple.add(Tuple.NULL, 0, 0);
            } else {
                System.arraycopy(value, 0, data, at, value.length);
                tuple.add(Tuple.TEXT, at, value.length);
                at += value.length;
            }
        }
        return tuple;
    }

    /** The driver hands out a text value's bytes as they came, except that it decodes bytea. */
    private byte @Nullable [] text(ResultSet row, int column) throws SQLException {
        if (table.columns().get(column).typeName().equals("bytea")) {
            String hex = row.getString(column + 1);
            return hex == null ? null : hex.getBytes(StandardCharsets.UTF_8);
        }
        return row.getBytes(column + 1);
    }
}
