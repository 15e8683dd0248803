package io.millrace.capture.engine;

import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Operation;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.millrace.capture.wal.Frame;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the stream and passes it on in frames, dressed as logical messages: a kind of record that Debezium carries through its queue
 * without looking into it. Read by one thread.
 */
final class WalStream implements ReplicationStream {

    /** Prefix of the logical messages that are frames. */
    static final String FRAME = "millrace.frame";

    private static final Logger LOG = LoggerFactory.getLogger(WalStream.class);
    private static final int FRAME_BYTES = 64 << 10;
    private static final long CONFIRM_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long KEEP_ALIVE_SECONDS = 10;

    private final PGReplicationStream stream;
    private final WalFeed feed;
    private final Frame frame = new Frame();
    private boolean inTransaction;
    private long caughtUp;
    private long lastConfirmed;
    private long confirmedAt = System.nanoTime();
    private volatile Lsn lastReceived;
    private @Nullable ExecutorService keepAlive;

    WalStream(PGReplicationStream stream, WalFeed feed) {
        this.stream = stream;
        this.feed = feed;
        this.lastReceived = Lsn.valueOf(0L);
    }

    @Override
    public void read(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        while (!readFrame(processor)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Always says that there was something: at a no the engine would sleep for its poll interval, while here a millisecond is enough. */
    @Override
    public boolean readPending(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        if (!readFrame(processor)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        return true;
    }

    private boolean readFrame(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        confirm();
        if (feed.stopping()) {
            if (lastConfirmed == feed.confirmable()) {
                feed.quiet();
            }
            return false;
        }
        ByteBuffer message = stream.readPending();
        while (message != null) {
            byte type = message.get(message.position());
            if (type == 'B') {
                inTransaction = true;
            } else if (type == 'C') {
                inTransaction = false;
            }
            frame.add(stream.getLastReceiveLSN().asLong(), message);
            message = frame.size() < FRAME_BYTES ? stream.readPending() : null;
        }
        if (frame.size() < FRAME_BYTES && !inTransaction) {
            // the last message or the server's keep-alive tells how far it has looked; outside of a transaction all
            // before is sent
            long reached = stream.getLastReceiveLSN().asLong();
            if (Long.compareUnsigned(reached, caughtUp) > 0) {
                caughtUp = reached;
                frame.addCaughtUp(reached);
            }
        }
        if (frame.size() == 0) {
            return false;
        }
        byte[] content = frame.take();
        feed.acquire(content.length);
        lastReceived = Lsn.valueOf(stream.getLastReceiveLSN().asLong());
        processor.process(new LogicalDecodingMessage(Operation.MESSAGE, Instant.now(), null, true, FRAME, content));
        return true;
    }

    /** Tells the slot what is stored, and never more (P5). */
    private void confirm() throws SQLException {
        long confirmable = feed.confirmable();
        if (confirmable == lastConfirmed) {
            return;
        }
        long now = System.nanoTime();
        if (now - confirmedAt >= CONFIRM_NANOS || feed.stopping()) {
            flush(confirmable);
            confirmedAt = now;
            lastConfirmed = confirmable;
            feed.confirmed(confirmable);
        }
    }

    private void flush(long lsn) throws SQLException {
        LogSequenceNumber number = LogSequenceNumber.valueOf(lsn);
        stream.setFlushedLSN(number);
        stream.setAppliedLSN(number);
        stream.forceUpdateStatus();
    }

    /** The engine keeps no offsets, so it has none to flush. */
    @Override
    public void flushLsn(Lsn lsn) {}

    @Override
    public Lsn lastReceivedLsn() {
        return lastReceived;
    }

    @Override
    public Lsn startLsn() {
        return Lsn.valueOf(0L);
    }

    /** While Kafka is waited for nothing is read, and the server would give the connection up after wal_sender_timeout. */
    @Override
    public void startKeepAlive(ExecutorService service) {
        keepAlive = service;
        service.execute(() -> {
            try {
                while (!Thread.currentThread().isInterrupted()) {
                    stream.forceUpdateStatus();
                    TimeUnit.SECONDS.sleep(KEEP_ALIVE_SECONDS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (SQLException e) {
                // the reading thread meets the same error and says it
                LOG.debug("Keep-alive ended", e);
            }
        });
    }

    @Override
    public void stopKeepAlive() {
        if (keepAlive != null) {
            keepAlive.shutdownNow();
            keepAlive = null;
        }
    }

    @Override
    public void close() throws SQLException {
        stream.close();
    }
}
