package io.millrace.capture.engine;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.connector.postgresql.spi.SlotCreationResult;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.TableId;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;

/**
 * The replication connection that Debezium streams from.
 *
 * <p>It replaces Debezium's own to keep what that one gives away: the text of every value, the commit LSN of a running transaction, and
 * the server's word that nothing more is to be sent. It always starts where the slot stands, whatever offset the engine asks for: whole
 * transactions come again rather than parts of one going missing (dbz#1554, dbz#76).
 */
final class WalConnection implements ReplicationConnection {

    private static final int STATUS_SECONDS = 10;

    private final WalFeed feed;
    private java.sql.@Nullable Connection connection;

    WalConnection(WalFeed feed) {
        this.feed = feed;
    }

    @Override
    public ReplicationStream startStreaming(WalPositionLocator position) throws SQLException {
        return start();
    }

    @Override
    public ReplicationStream startStreaming(@Nullable Lsn offset, WalPositionLocator position) throws SQLException {
        return start();
    }

    private ReplicationStream start() throws SQLException {
        Source source = feed.source();
        java.sql.Connection opened = SourceConnection.openReplication(source, feed.reader(), ValueEncoder.SESSION);
        connection = opened;
        feed.opened(opened);
        PGReplicationStream stream = opened.unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(TableId.quote(source.slot()))
                .withSlotOption("proto_version", 1)
                .withSlotOption(
                        "publication_names",
                        TableId.quote(source.publication()) + "," + TableId.quote(source.insertOnlyPublication()))
                .withSlotOption("messages", true)
                // the driver must not confirm what it merely received (P5)
                .withAutomaticFlush(false)
                .withStatusInterval(STATUS_SECONDS, TimeUnit.SECONDS)
                .start();
        SourceConnection.liftLimit(opened);
        feed.begun();
        return new WalStream(stream, feed);
    }

    /** The slot is made before the engine starts, and never by it. */
    @Override
    public Optional<SlotCreationResult> createReplicationSlot() {
        throw new IllegalStateException("The slot " + feed.source().slot() + " is gone");
    }

    @Override
    public void initConnection() {}

    @Override
    public boolean isConnected() throws SQLException {
        return connection != null && !connection.isClosed();
    }

    @Override
    public void reconnect() throws SQLException {
        close();
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
    }
}
