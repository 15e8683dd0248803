package io.millrace.capture.engine;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * A message into the WAL of the source. While other databases of the server are busy and ours is not, the server has no occasion to say
 * how far it has looked, and the slot would hold back WAL; the message's own place in the stream says it.
 */
final class Heartbeat {

    private Heartbeat() {}

    static void send(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_logical_emit_message(false, 'millrace.heartbeat', '')");
        }
    }
}
