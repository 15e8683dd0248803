package io.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MillraceTests {

    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        return Millrace.run(Millrace.commandLine().setErr(new PrintWriter(said, true)), arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"up", "stack", "status", "barrier"})
    void anUnknownOptionIsASentenceAndExitCode2(String command) {
        assertThat(run(command, "--bogus")).isEqualTo(2);
        assertThat(said.toString())
                .contains("--bogus")
                .contains(command + " --help")
                .hasLineCount(1);
    }

    @Test
    void aBarrierWithoutAMillraceSaysHowToStartOne(@TempDir Path nothing) {
        assertThat(run("barrier", "--data", nothing.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("./millrace up").hasLineCount(1);
    }

    @Test
    void oneServicesPortGivenTwiceIsRefused(@TempDir Path nothing) {
        assertThat(run("stack", "--data", nothing.toString(), "--kafka-port", "16379"))
                .isEqualTo(1);
        assertThat(said.toString()).contains("16379").contains("--redis-port");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--url nonsense | --url nonsense is no address: give one like http://localhost:8080.",
                "--url http://localhost:1 --user anna:secret | No Millrace answers at http://localhost:1.",
                "--user anna:secret | --user goes with --url"
            })
    void howAMillraceIsReachedIsCheckedBeforeItIsAsked(String options, String sentence) {
        assertThat(run(("status " + options).split(" "))).isEqualTo(1);
        assertThat(said.toString()).contains(sentence).hasLineCount(1);
    }

    @Test
    void aTakenPortOfTheWebPagesIsNamedWithItsOptionBeforeAnythingStarts(@TempDir Path data) throws Exception {
        try (ServerSocket taken = new ServerSocket(0)) {
            int port = taken.getLocalPort();
            assertThat(run("up", "--data", data.toString(), "--port", Integer.toString(port)))
                    .isEqualTo(1);
            assertThat(said.toString())
                    .contains("Port " + port + ", which the web pages need, is taken")
                    .contains("--port")
                    .hasLineCount(1);
            assertThat(data.resolve("postgres")).doesNotExist();
        }
    }

    @Test
    void aPortOfTheUsersFileIsCheckedToo(@TempDir Path data) throws Exception {
        Path file = Files.writeString(data.resolve("mine.yml"), "management:\n  server:\n    port: abc\n");
        assertThat(run("up", "--port", "0", "--data", data.resolve("data").toString(), "--config", file.toString()))
                .isEqualTo(1);
        assertThat(said.toString())
                .isEqualToIgnoringNewLines(
                        "management.server.port is abc: give a port, a number from 1 to 65535, or 0 for any free one.");
    }

    @Test
    void withoutTheLocalStackItAsksForAddresses(@TempDir Path data) {
        assumeTrue(System.getenv("SPRING_DATASOURCE_URL") == null);
        assertThat(run("up", "--no-stack", "--data", data.toString())).isEqualTo(1);
        assertThat(said.toString())
                .contains("millrace.example.yml")
                .contains("--config")
                .hasLineCount(1);
    }

    @Test
    void durationsAreReadAsPeopleWriteThem() {
        var durations = new BarrierCommand.Durations();
        assertThat(durations.convert("500ms")).isEqualTo(Duration.ofMillis(500));
        assertThat(durations.convert("60s")).isEqualTo(Duration.ofSeconds(60));
        assertThat(durations.convert("5m")).isEqualTo(Duration.ofMinutes(5));
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> durations.convert("6x")))
                .isInstanceOf(CommandLine.TypeConversionException.class);
    }
}
