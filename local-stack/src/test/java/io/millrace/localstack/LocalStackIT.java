package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Each step continues with the data that the one before left: what a developer does on one day. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LocalStackIT {

    private static final Path DATA = Path.of("target/local-stack-it").toAbsolutePath();

    private final List<String> lines = new ArrayList<>();

    @Test
    @Order(1)
    void firstStartAnswersAndTakesValues() throws Exception {
        try (LocalStack stack = start(options().withClean(true))) {
            Values.write(stack, "first");
            Values.assertHolds(stack, "first");
            assertThat(lines).filteredOn(line -> line.contains("ready in")).hasSize(4);
        }
        assertNothingLives();
    }

    @Test
    @Order(2)
    void secondStartFindsTheDataAndTheServicesAsTheyShouldBeAndAThirdBesideItIsRefused() throws Exception {
        try (LocalStack stack = start(options())) {
            Values.assertHolds(stack, "first");
            assertThatThrownBy(() -> DriverManager.getConnection(stack.postgresJdbcUrl("shop"), "postgres", "wrong"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");
            try (var connection = DriverManager.getConnection(
                            stack.postgresJdbcUrl("millrace"), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
                    var statement = connection.createStatement();
                    var row = statement.executeQuery(
                            "SELECT current_setting('wal_level'), current_setting('fsync'), current_setting('synchronous_commit')")) {
                row.next();
                assertThat(List.of(row.getString(1), row.getString(2), row.getString(3)))
                        .containsExactly("logical", "on", "on");
            }
            assertThatThrownBy(() -> start(options()))
                    .isInstanceOf(LocalStackException.class)
                    .hasMessageContaining(
                            "in use by process " + ProcessHandle.current().pid());
            Values.assertHolds(stack, "first");
        }
    }

    @Test
    @Order(3)
    void everyServiceComesBackWithItsDataAfterAKillAndAnAttachedJvmControlsThemToo() throws Exception {
        try (LocalStack stack = start(options())) {
            Values.write(stack, "before-the-kills");
            for (Service service : Service.values()) {
                stack.kill(service);
                assertThat(stack.isRunning(service)).isFalse();
                stack.start(service);
            }
            Values.assertHolds(stack, "before-the-kills");
            stack.stop(Service.REDIS);
            stack.start(Service.REDIS);
            Values.assertHolds(stack, "before-the-kills");
            try (LocalStack attached = LocalStack.attach(stack.description())) {
                Values.write(attached, "attached");
                attached.kill(Service.REDIS);
                assertThat(stack.isRunning(Service.REDIS)).isFalse();
                attached.start(Service.REDIS);
            }
            Values.assertHolds(stack, "attached");
        }
        assertNothingLives();
        assertThat(DATA.resolve("stack.properties")).doesNotExist();
    }

    @Test
    @Order(4)
    void takenPortIsNamedAndNothingStarts(@TempDir Path other) throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            LocalStackOptions options =
                    LocalStackOptions.in(other).withPorts(Ports.FREE.with(Service.KAFKA, socket.getLocalPort()));
            assertThatThrownBy(() -> start(options))
                    .isInstanceOf(LocalStackException.class)
                    .hasMessageContaining("Port " + socket.getLocalPort() + ", which Kafka needs, is taken")
                    .hasMessageContaining("--kafka-port");
            assertThat(lines).isEmpty();
        }
    }

    @Test
    @Order(5)
    void whenOneServiceFailsTheOthersAreStoppedAndItsLogIsShown() throws Exception {
        Path appendOnlyFile = DATA.resolve("redis/data/appendonly.aof");
        byte[] good = Files.readAllBytes(appendOnlyFile);
        Files.writeString(appendOnlyFile, "this is no append-only file");
        try {
            assertThatThrownBy(() -> start(options()))
                    .isInstanceOf(LocalStackException.class)
                    .hasMessageContaining("Redis ended while it was starting")
                    .hasMessageContaining(DATA.resolve("logs/redis.log").toString())
                    .hasMessageContaining("Bad file format");
            assertNothingLives();
        } finally {
            Files.write(appendOnlyFile, good);
        }
    }

    @Test
    @Order(6)
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason = "two whole starts: ./millrace test --campaign")
    void servicesOfAKilledJvmAreEndedByTheNextStart() throws Exception {
        Process owner = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        StackOwner.class.getName(),
                        DATA.toString())
                .redirectErrorStream(true)
                .start();
        try (var output = owner.inputReader()) {
            assertThat(output.lines().anyMatch("STARTED"::equals)).isTrue();
            assertThatThrownBy(() -> start(options())).hasMessageContaining("in use by process " + owner.pid());
            owner.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        List<ProcessIdentity> orphans = living();
        assertThat(orphans).hasSizeGreaterThanOrEqualTo(4);
        try (LocalStack stack = start(options())) {
            assertThat(orphans).noneMatch(ProcessIdentity::isAlive);
            Values.assertHolds(stack, "first");
        }
        assertNothingLives();
    }

    private static LocalStackOptions options() {
        return LocalStackOptions.in(DATA).withPorts(Ports.FREE);
    }

    private LocalStack start(LocalStackOptions options) throws InterruptedException {
        lines.clear();
        return LocalStack.start(options, progress -> {
            lines.add(progress.toString());
            System.out.println(progress);
        });
    }

    private static List<ProcessIdentity> living() {
        return Stream.of(Service.values())
                .flatMap(service -> new ProcessRecord(DATA.resolve("run").resolve(service.key())).living().stream())
                .toList();
    }

    private static void assertNothingLives() {
        assertThat(living()).isEmpty();
    }
}
