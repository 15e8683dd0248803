package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.millrace.capture.slot.SlotState;
import io.millrace.catalog.SourceState;
import io.millrace.event.Lsn;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.PostgresCluster;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/** What a source keeps for its slot stays small, and is said before it is too much. On a server of its own, whose other databases are busy. */
@ExtendWith(LocalStackExtension.class)
class SlotWatchIT {

    private static final int MEGABYTE = 1 << 20;

    private final LocalStack stack;
    private PostgresCluster server;
    private CaptureLab lab;

    SlotWatchIT(LocalStack stack) {
        this.stack = stack;
    }

    @BeforeEach
    void captureOneIdleTable() throws Exception {
        server = PostgresCluster.create(Path.of("target/clusters/watched"), "").start();
        lab = new CaptureLab(stack, server)
                .with("--millrace.capture.heartbeat-interval=500ms", "--millrace.capture.retained-wal-warning=48MB");
        lab.sql("CREATE TABLE idle (id int PRIMARY KEY)");
        lab.start();
        lab.streaming("idle");
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
        server.close();
    }

    /** Writes WAL in another database of the server, and returns where it ends. */
    private long neighbourWrites(int megabytes) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl("millrace"), "postgres", "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_logical_emit_message(false, 'noise', repeat('x', " + MEGABYTE
                    + ")) FROM generate_series(1, " + megabytes + ")");
            try (ResultSet row = statement.executeQuery("SELECT pg_current_wal_insert_lsn()::text")) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        }
    }

    private SlotState slot() throws SQLException {
        try (Connection connection = lab.open()) {
            return SlotState.read(connection, lab.source.slot()).orElseThrow();
        }
    }

    private double gauge(String name, String... tags) {
        Gauge gauge = lab.bean(MeterRegistry.class)
                .find(name)
                .tags("source", lab.id)
                .tags(tags)
                .gauge();
        return gauge == null ? Double.NaN : gauge.value();
    }

    private Health health() {
        return ((HealthIndicator) lab.bean("captureHealthIndicator")).health();
    }

    private String warning() {
        return String.valueOf(health().getDetails().get(lab.id + " warning"));
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(condition);
    }

    private Timer heartbeats() {
        return lab.bean(MeterRegistry.class)
                .find("millrace_heartbeat_latency")
                .tag("source", lab.id)
                .timer();
    }

    /** Writes WAL in another database of the server until it is told not to. */
    private CompletableFuture<Void> busyNeighbour(AtomicBoolean busy) {
        return CompletableFuture.runAsync(() -> {
            try (Connection connection =
                            DriverManager.getConnection(server.jdbcUrl("millrace"), "postgres", "postgres");
                    Statement statement = connection.createStatement()) {
                while (busy.get()) {
                    statement.execute(
                            "SELECT pg_logical_emit_message(false, 'noise', repeat('x', 200000)), pg_sleep(0.01)");
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void heartbeatsMeasureTheLatencyWhileTablesAreIdle() throws Exception {
        // none of these is of this run: their times are of other clocks, or no times at all
        lab.sql(
                "SELECT pg_logical_emit_message(false, 'millrace.heartbeat', content), pg_current_xact_id()"
                        + " FROM unnest(ARRAY['', '0', '0 0', ' 0', 'ffffffffffffffff 1', 'a b c', E'\\u00e4 \\u0001']) content");
        await(() -> heartbeats().count() >= 4);

        assertThat(heartbeats().max(TimeUnit.NANOSECONDS)).isPositive();
        assertThat(heartbeats().totalTime(TimeUnit.SECONDS))
                .as("no foreign time was taken")
                .isLessThan(60.0 * heartbeats().count());
        assertThat(heartbeats().takeSnapshot().histogramCounts())
                .as("buckets to draw percentiles from")
                .isNotEmpty();
        assertThat(lab.topicSize("idle")).isZero();
        assertThat(health().getStatus()).isEqualTo(Status.UP);
    }

    @Test
    void idleTablesBesideABusyDatabaseKeepTheSlotMoving() throws Exception {
        lab.sql("INSERT INTO idle VALUES (1)");
        Instant changed = Instant.now();
        lab.awaitEvents("idle", 1);
        long end = neighbourWrites(96);
        await(() -> Long.compareUnsigned(slot().confirmedLsn(), end) >= 0);
        // what is kept ends where a checkpoint notes which transactions run
        await(() -> {
            lab.sql("CHECKPOINT");
            return slot().retainedBytes() < 16 * MEGABYTE;
        });
        assertThat(lab.topicSize("idle")).isEqualTo(1);

        await(() -> gauge("millrace_slot_retained_bytes") < 16 * MEGABYTE);
        assertThat(gauge("millrace_slot_status", "status", "reserved")).isEqualTo(1);
        assertThat(gauge("millrace_slot_status", "status", "lost")).isZero();
        assertThat(gauge("millrace_slot_active")).isEqualTo(1);
        assertThat(health().getStatus()).isEqualTo(Status.UP);
        assertThat(warning()).isEqualTo("null");

        AtomicBoolean busy = new AtomicBoolean(true);
        CompletableFuture<Void> neighbour = busyNeighbour(busy);
        try {
            await(() -> {
                double bytes = gauge("millrace_capture_lag_bytes");
                double seconds = gauge("millrace_capture_lag_seconds");
                double age = Duration.between(changed, Instant.now()).toSeconds();
                // the neighbour is ahead at this moment, and yet our last change was long ago
                return bytes > MEGABYTE
                        && bytes == gauge("millrace_capture_lag_bytes")
                        && age > 10
                        && seconds < age / 2;
            });
        } finally {
            busy.set(false);
            neighbour.join();
        }
    }

    @Test
    void aLimitThatComesNearIsSaidWhileNothingIsLostAndNobodyReadsTheSlot() throws Exception {
        lab.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '256MB'", "SELECT pg_reload_conf()");
        await(() -> gauge("millrace_slot_safe_bytes") > 200 * MEGABYTE);
        lab.catalog().sourceState(lab.id, SourceState.PAUSED, null);
        await(() -> slot().activePid() == null);

        neighbourWrites(225);

        await(() -> warning().contains("gives the slot up after"));
        assertThat(slot().walStatus()).isIn("reserved", "extended");
        assertThat(gauge("millrace_slot_retained_bytes")).isGreaterThan(200 * MEGABYTE);
        assertThat(gauge("millrace_slot_safe_bytes")).isBetween(0.0, 52.0 * MEGABYTE);
        assertThat(gauge("millrace_slot_active")).isZero();
        assertThat(health().getStatus()).as("nothing is lost yet").isEqualTo(Status.UP);

        lab.catalog().sourceState(lab.id, SourceState.PENDING, null);
        await(() -> {
            lab.sql("CHECKPOINT");
            return warning().equals("null");
        });
        assertThat(gauge("millrace_slot_active")).isEqualTo(1);
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "a server of its own: ./millrace test --campaign")
    void withoutALimitTheDisksEndIsWarnedOf() throws Exception {
        lab.catalog().sourceState(lab.id, SourceState.PAUSED, null);
        await(() -> slot().activePid() == null);

        neighbourWrites(64);

        await(() -> warning().contains("without a limit until its disk is full"));
        assertThat(gauge("millrace_slot_safe_bytes")).as("there is no limit").isNaN();
    }
}
