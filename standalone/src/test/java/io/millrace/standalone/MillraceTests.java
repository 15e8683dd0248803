package io.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
