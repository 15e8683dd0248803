package io.millrace.capture.slot;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** The history of a server's timelines, which only the replication protocol tells without a superuser. */
final class Timelines {

    private Timelines() {}

    /** Returns where a server that writes {@code present} left the timeline {@code earlier}; empty if it never was on that. */
    static Optional<Long> leftAt(Source source, int present, int earlier) throws SQLException {
        try (Connection connection = SourceConnection.openReplication(source, "millrace-capture", "");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + present)) {
            row.next();
            return leftAt(row.getString("content"), earlier);
        }
    }

    /** A line is: timeline, LSN where it was left, reason (PostgreSQL's timeline.c); one that begins with # is a comment. */
    static Optional<Long> leftAt(String history, int earlier) {
        return history.lines()
                .map(line -> line.strip().split("\\s+", 3))
                .filter(words -> words.length >= 2 && words[0].equals(Integer.toString(earlier)))
                .map(words -> Lsn.parse(words[1]))
                .findFirst();
    }
}
