package io.millrace.capture.engine;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.spi.OffsetCommitPolicy;
import io.millrace.capture.publish.StreamPublisher;
import io.millrace.capture.wal.PgOutputReader;
import io.millrace.capture.wal.WalHandler;
import io.millrace.catalog.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of the embedded Debezium engine of a source, from its start to its end. Never restarted: the next run is a new one. */
final class EngineRun implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EngineRun.class);
    private static final AtomicLong RUNS = new AtomicLong();

    private final String name;
    private final WalFeed feed;
    private final StreamPublisher publisher;
    private final PgOutputReader reader;
    private final Supplier<@Nullable Exception> failure;
    private final DebeziumEngine<?> engine;
    private final ExecutorService thread;
    private final CompletableFuture<@Nullable Throwable> ended = new CompletableFuture<>();

    /**
     * @param handler what the stream goes through on its way to the publisher
     * @param failure why nothing more may be published, if so: then nothing more is read
     * @param patience how long the source may leave the engine's own connection without an answer
     */
    EngineRun(
            WalFeed feed,
            StreamPublisher publisher,
            WalHandler handler,
            Supplier<@Nullable Exception> failure,
            Duration patience) {
        this.feed = feed;
        this.publisher = publisher;
        this.reader = new PgOutputReader(handler);
        this.failure = failure;
        this.name = "millrace-" + feed.source().name() + "-" + RUNS.incrementAndGet();
        WalFeed.register(name, feed);
        this.engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(settings(feed.source(), patience))
                .using(OffsetCommitPolicy.always())
                .using((success, message, error) -> ended.complete(error))
                .notifying(this::handle)
                .build();
        this.thread = Executors.newSingleThreadExecutor(
                task -> new Thread(task, "capture-" + feed.source().name() + "-engine"));
    }

    private Properties settings(Source source, Duration patience) {
        Properties settings = new Properties();
        settings.setProperty("name", name);
        settings.setProperty("connector.class", PgOutputConnector.class.getName());
        // no topic is named after it; the task finds its feed by it
        settings.setProperty("topic.prefix", name);
        settings.setProperty("database.hostname", source.host());
        settings.setProperty("database.port", Integer.toString(source.port()));
        settings.setProperty("database.dbname", source.database());
        settings.setProperty("database.user", source.username());
        settings.setProperty("database.password", source.password());
        settings.setProperty("database.sslmode", source.sslMode());
        settings.setProperty("driver.socketTimeout", Long.toString(patience.toSeconds()));
        settings.setProperty("plugin.name", "pgoutput");
        settings.setProperty("slot.name", source.slot());
        settings.setProperty("publication.name", source.publication());
        settings.setProperty("publication.autocreate.mode", "disabled");
        // snapshots are ours; the engine's knowledge of tables is never asked for, so it need not read any
        settings.setProperty("snapshot.mode", "no_data");
        settings.setProperty("table.include.list", "millrace_none\\.millrace_none");
        settings.setProperty("lsn.flush.mode", "connector");
        // the slot is the only resume point: this store is empty at every start, and stays so
        settings.setProperty("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        // a batch is one frame, so the queue hands it on at once; a short interval instead would spin on its last
        // millisecond
        settings.setProperty("max.batch.size", "1");
        settings.setProperty("max.queue.size", "16");
        settings.setProperty("poll.interval.ms", "200");
        settings.setProperty("record.processing.threads", "1");
        settings.setProperty("record.processing.order", "ORDERED");
        // a run that failed is over; the next one checks the slot and the topics before it goes on
        settings.setProperty("errors.max.retries", "0");
        settings.setProperty("slot.max.retries", "0");
        settings.setProperty("task.management.timeout.ms", "20000");
        return settings;
    }

    void start() {
        thread.execute(engine);
    }

    private void handle(
            List<RecordChangeEvent<SourceRecord>> records,
            DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
            throws InterruptedException {
        for (RecordChangeEvent<SourceRecord> event : records) {
            if (event.record().value() instanceof Struct value && value.schema().field("message") != null) {
                Struct message = value.getStruct("message");
                if (WalStream.FRAME.equals(message.getString("prefix"))) {
                    publish(((ByteBuffer) message.get("content")).array());
                }
            }
        }
        publisher.step();
        committer.markBatchFinished();
    }

    private void publish(byte[] frame) {
        Exception refused = failure.get();
        if (refused != null) {
            throw new IllegalStateException("Nothing more is published: " + refused.getMessage(), refused);
        }
        try {
            reader.read(frame);
        } finally {
            feed.release(frame.length);
        }
    }

    boolean hasEnded() {
        return ended.isDone();
    }

    /** Returns why the run ended; null while it runs, and when it ended as asked. */
    @Nullable
    Throwable cause() {
        return ended.getNow(null);
    }

    /** Ends the run; waits for the engine's own shutdown. */
    @Override
    public void close() {
        try {
            closeEngine();
            thread.shutdown();
            if (!thread.awaitTermination(20, TimeUnit.SECONDS)) {
                LOG.warn("The engine {} does not end; its thread is interrupted", name);
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        } finally {
            WalFeed.remove(name);
        }
    }

    /** The engine refuses to be closed while its task starts, and would then run on: so it is asked until it ends. */
    private void closeEngine() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!hasEnded() && System.nanoTime() - deadline < 0) {
            try {
                engine.close();
                return;
            } catch (IllegalStateException | IOException e) {
                LOG.debug("The engine {} cannot be closed yet", name, e);
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }
}
