package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalStackOptionsTests {

    @Test
    void defaultsAreThoseThatTheDocumentationNames() {
        assertThat(LocalStackOptions.in(Path.of("/data")))
                .isEqualTo(new LocalStackOptions(
                        Path.of("/data"), null, Ports.DEFAULT, new ServiceTuning(384, 512, true), false, true));
    }

    @Test
    void relativeDataDirectoryIsTakenFromTheWorkingDirectory() {
        assertThat(LocalStackOptions.in(Path.of("x/../y")).dataDirectory())
                .isEqualTo(Path.of("y").toAbsolutePath());
    }

    @Test
    void heapThatCannotWorkIsRefused() {
        assertThatThrownBy(() -> new ServiceTuning(384, 64, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Elasticsearch cannot work with a heap of 64 MB: give it at least 256 MB");
    }

    @Test
    void descriptionTellsAnotherJvmAllThatItNeeds(@TempDir Path directory) throws Exception {
        LocalStackOptions options = LocalStackOptions.in(directory)
                .withServicesDirectory(Path.of("/services"))
                .withPorts(new Ports(1, 2, 3, 4))
                .withTuning(new ServiceTuning(200, 300, false))
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
