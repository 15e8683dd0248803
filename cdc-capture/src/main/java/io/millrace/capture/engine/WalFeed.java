package io.millrace.capture.engine;

import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import java.sql.Connection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What one run of the engine shares with the replication connection inside it: how much may be in flight, and how far the slot may be
 * told that all is safe.
 *
 * <p>Debezium makes its connector, its task and so the connection by class name and hands them nothing but text. They find this object
 * by the engine's name, which is unique to the run; it is registered before the engine starts and removed after it ended.
 */
final class WalFeed {

    private static final Map<String, WalFeed> FEEDS = new ConcurrentHashMap<>();

    /** Bytes of frames between the socket and the publisher: bounds memory when rows are large. */
    private static final int IN_FLIGHT = 8 << 20;

    private final Source source;
    private final String reader;
    private final Semaphore room = new Semaphore(IN_FLIGHT);
    private volatile long confirmable;
    private volatile long confirmed;
    private volatile @Nullable Connection connection;
    private volatile boolean streaming;
    private volatile boolean stopping;
    private volatile boolean pausedAtEdge;

    /** @param reader by which name the source knows the connection */
    WalFeed(Source source, String reader) {
        this.source = source;
        this.reader = reader;
    }

    static void register(String engine, WalFeed feed) {
        FEEDS.put(engine, feed);
    }

    static void remove(String engine) {
        FEEDS.remove(engine);
    }

    static WalFeed of(String engine) {
        WalFeed feed = FEEDS.get(engine);
        if (feed == null) {
            throw new IllegalStateException("No run of the engine " + engine + " is registered");
        }
        return feed;
    }

    Source source() {
        return source;
    }

    String reader() {
        return reader;
    }

    void acquire(int bytes) throws InterruptedException {
        room.acquire(Math.min(bytes, IN_FLIGHT));
    }

    void release(int bytes) {
        room.release(Math.min(bytes, IN_FLIGHT));
    }

    /** Returns whether everything that was read is also published. */
    boolean isEmpty() {
        return room.availablePermits() == IN_FLIGHT;
    }

    /** Says that the platform database holds this much: now the slot may be told. */
    void stored(long endLsn) {
        confirmable = endLsn;
    }

    long confirmable() {
        return confirmable;
    }

    void confirmed(long lsn) {
        confirmed = lsn;
    }

    /** Says over which connection the server is to send. */
    void opened(Connection opened) {
        connection = opened;
    }

    /** Says that the server sends. */
    void begun() {
        streaming = true;
    }

    boolean isStreaming() {
        return streaming;
    }

    /** Cuts the connection off, whoever waits for what over it. */
    void abandon() {
        Connection open = connection;
        if (open != null) {
            SourceConnection.cutOff(open);
        }
    }

    /** Asks the connection to read no more. */
    void stop() {
        stopping = true;
    }

    boolean stopping() {
        return stopping;
    }

    void quiet() {
        pausedAtEdge = true;
    }

    /** Returns whether reading has ended and the slot knows all that was stored. */
    boolean isQuiet() {
        return pausedAtEdge && confirmed == confirmable;
    }
}
