package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** {@code ./millrace up} as a person uses it: one process, its four services, one data directory. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class UpCommandIT {

    private final int postgres = Ports.free();
    private final int elasticsearch = Ports.free();
    private final int redis = Ports.free();
    private final int kafka = Ports.free();
    private final int web = Ports.free();
    private final Path data = Path.of("target/e2e-up").toAbsolutePath();
    private final AppProcess up = command("up", List.of("--no-demo", "--clean"));
    private final AppProcess again = command("up-again", List.of("--no-demo"));
    private final Flow flow = new Flow(web, postgres, elasticsearch, redis);

    private AppProcess command(String name, List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of("../millrace").toAbsolutePath().normalize().toString(),
                "up",
                "--data",
                data.toString(),
                "--port",
                Integer.toString(web),
                "--management-port",
                Integer.toString(Ports.free()),
                "--postgres-port",
                Integer.toString(postgres),
                "--kafka-port",
                Integer.toString(kafka),
                "--elasticsearch-port",
                Integer.toString(elasticsearch),
                "--redis-port",
                Integer.toString(redis)));
        command.addAll(options);
        return new AppProcess(
                name,
                "Millrace is ready: http://localhost:" + web,
                Map.of("MILLRACE_ADMIN_PASSWORD", Flow.PASSWORD, "MILLRACE_NO_BUILD", "true"),
                command);
    }

    @BeforeAll
    void start() {
        up.start();
    }

    @AfterAll
    void stop() {
        Stream.of(up, again).filter(AppProcess::isAlive).forEach(AppProcess::stop);
    }

    @Test
    @Order(1)
    void changesFlowAsSoonAsItSaysReady() {
        flow.sql(
                "CREATE TABLE first (id bigint PRIMARY KEY, n int, note text)", "INSERT INTO first VALUES (1, 1, 'x')");
        flow.register("first");

        flow.assertInStep("first");
    }

    @Test
    @Order(2)
    void aSecondUpOnTheSameDataIsRefusedAndTheFirstGoesOn() {
        again.launch();

        assertThat(again.awaitExit()).isEqualTo(1);
        assertThat(again.output())
                .contains(data.toString())
                .contains(Long.toString(up.handle().pid()));
        flow.assertInStep("first");
    }

    @Test
    @Order(3)
    void killedUnderLoadItFindsEverythingWhereItWas() {
        flow.sql("CREATE TABLE loaded (id bigint PRIMARY KEY, n int, note text)");
        flow.awaitState(flow.register("loaded"), "STREAMING");
        try (Traffic traffic = Traffic.on(flow.shop, "loaded", 4)) {
            RestartsIT.awaitTransactions(traffic, 300);
            up.kill9();
            // the database lives on as an orphan until the next start, which ends it: changes made meanwhile count too
            RestartsIT.awaitTransactions(traffic, 50);
        }

        again.start();

        flow.assertInStep("first", "loaded");
    }

    @Test
    @Order(4)
    void stoppedItLeavesNoProcessBehind() {
        List<ProcessHandle> children = again.handle().descendants().toList();
        assertThat(children).as("the services").isNotEmpty();

        assertThat(again.stop()).isIn(0, 130, 143);

        assertThat(children).noneMatch(ProcessHandle::isAlive);
        assertThat(again.output()).doesNotContain("Exception");
    }

    @Test
    @Order(5)
    void aTakenPortIsNamedWithTheOptionThatChangesIt() throws IOException {
        try (ServerSocket taken = new ServerSocket(redis, 1, InetAddress.getLoopbackAddress())) {
            again.launch();

            assertThat(again.awaitExit()).isEqualTo(1);
            assertThat(again.output())
                    .contains(Integer.toString(taken.getLocalPort()))
                    .contains("Redis")
                    .contains("--redis-port");
        }
    }

    @Test
    @Order(6)
    void anUnknownOptionIsAnsweredWithASentence() throws Exception {
        Process process = new ProcessBuilder("../millrace", "up", "--no-such-option")
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
        assertThat(output).contains("--no-such-option").contains("--help");
    }
}
