package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStackOptionsTests {

    @Test
    void defaultsAreThoseThatTheDocumentationNames() {
        assertThat(LocalStackOptions.in(Path.of("/data")))
                .isEqualTo(new LocalStackOptions(
                        Path.of("/data"), null, Ports.DEFAULT, 384, 512, true, false, true, Duration.ofMinutes(3)));
    }

    @Test
    void relativeDataDirectoryIsTakenFromTheWorkingDirectory() {
        assertThat(LocalStackOptions.in(Path.of("x/../y")).dataDirectory())
                .isEqualTo(Path.of("y").toAbsolutePath());
    }

    @Test
    void heapThatCannotWorkIsRefused() {
        assertThatThrownBy(() -> LocalStackOptions.in(Path.of("x")).withHeaps(384, 64))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Elasticsearch cannot work with a heap of 64 MB: give it at least 256 MB");
    }

    @Test
    void descriptionTellsAnotherJvmAllThatItNeeds(@TempDir Path directory) throws Exception {
        LocalStackOptions options = LocalStackOptions.in(directory)
                .withServicesDirectory(Path.of("/services"))
                .withPorts(new Ports(1, 2, 3, 4))
                .withHeaps(200, 300)
                .withPostgresFsync(false)
                .withStopAtExit(false);
        StackDescription.write(options, Path.of("/services"));
        assertThat(StackDescription.read(StackDescription.in(directory))).isEqualTo(options);
    }

    @Test
    void missingDescriptionSaysHowToStartAStack(@TempDir Path directory) {
        assertThatThrownBy(() -> LocalStack.attach(directory.resolve("stack.properties")))
                .isInstanceOf(LocalStackException.class)
                .hasMessageContaining(directory.toString())
                .hasMessageContaining("./millrace stack");
    }
}
