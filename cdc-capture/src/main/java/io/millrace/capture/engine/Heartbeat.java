package io.millrace.capture.engine;

import io.micrometer.core.instrument.Timer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * A message into the WAL of the source. While other databases of the server are busy and ours is not, the server has no occasion to say
 * how far it has looked, and the slot would hold back WAL; the message's own place in the stream says it. And how long it takes until
 * the stream brings it back is measured, whether tables change or not. One run of a source has one. Thread-safe.
 */
final class Heartbeat {

    static final String PREFIX = "millrace.heartbeat";

    /**
     * Taking a transaction id makes the commit flush the WAL, as an application's commit does: without it the message would wait for
     * whoever flushes next. The commit waits for no standby: who sends heartbeats also looks after the tables.
     */
    private static final String SEND =
            "SELECT set_config('synchronous_commit', 'local', true), pg_logical_emit_message(false, ?, ?),"
                    + " pg_current_xact_id()";

    private final String run = Long.toHexString(ThreadLocalRandom.current().nextLong());
    private final Timer latency;

    /** @param latency from before a message is written until the stream brings it */
    Heartbeat(Timer latency) {
        this.latency = latency;
    }

    void send(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEND)) {
            statement.setString(1, PREFIX);
            statement.setString(2, content(System.nanoTime()));
            statement.execute();
        }
    }

    /** The clock is that of this process alone, hence the name of the run. */
    String content(long nanoTime) {
        return run + " " + nanoTime;
    }

    /**
     * The stream brings a message. What another run, another process or somebody else sent is passed over: its time is of another clock,
     * or none.
     */
    void seen(String prefix, byte[] content) {
        if (!prefix.equals(PREFIX)) {
            return;
        }
        String[] parts = new String(content, StandardCharsets.US_ASCII).split(" ", -1);
        if (parts.length != 2 || !parts[0].equals(run)) {
            return;
        }
        try {
            long nanos = System.nanoTime() - Long.parseLong(parts[1]);
            if (nanos >= 0) {
                latency.record(nanos, TimeUnit.NANOSECONDS);
            }
        } catch (NumberFormatException e) {
            // somebody else's, who knows our name
        }
    }
}
