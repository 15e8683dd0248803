package io.millrace.admin.barrier;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Writes a mark into a source's WAL: everything committed before is before it. */
final class Watermark {

    static final String PREFIX = "millrace.barrier";

    /**
     * A message outside of transactions passes at once, but only what is flushed is sent; a transaction id makes the commit flush, where
     * the WAL writer alone would take up to 200 ms. Two messages, since what capture stores may be where a message begins: the second
     * begins behind the end of the first.
     */
    private static final String MARK = """
            SELECT pg_logical_emit_message(false, '%1$s', 'mark')::text, pg_logical_emit_message(false, '%1$s', 'behind'),
                   pg_current_xact_id()
            """.formatted(PREFIX);

    private Watermark() {}

    /** Returns where the mark ends. */
    static long write(Source source) throws SQLException {
        try (Connection connection = SourceConnection.openForMarks(source, "millrace-barrier");
                PreparedStatement statement = connection.prepareStatement(MARK);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }
}
