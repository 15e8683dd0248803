package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTests {

    @TempDir
    private Path root;

    private Process sleeper;

    @BeforeEach
    void startSleeper() throws Exception {
        sleeper = new ProcessBuilder("sleep", "600").start();
    }

    @AfterEach
    void endSleeper() {
        sleeper.destroyForcibly();
    }

    @Test
    void recordedProcessOfAnEarlierRunIsEnded() throws Exception {
        try (DataDirectory data = DataDirectory.take(root)) {
            record(Service.REDIS).write(List.of(identity()));
            assertThat(data.endOrphans()).containsExactly(Service.REDIS);
        }
        assertThat(sleeper.waitFor(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void anotherProcessWithTheSamePidIsLeftAlone() throws Exception {
        try (DataDirectory data = DataDirectory.take(root)) {
            record(Service.KAFKA)
                    .write(List.of(new ProcessIdentity(sleeper.pid(), identity().startTicks() - 1)));
            assertThat(data.endOrphans()).isEmpty();
        }
        assertThat(sleeper.isAlive()).isTrue();
    }

    @Test
    void recordFromBeforeTheLastBootIsLeftAlone() throws Exception {
        try (DataDirectory data = DataDirectory.take(root)) {
            record(Service.KAFKA).write(List.of(identity()));
            Path file = root.resolve("run/kafka");
            List<String> lines = Files.readAllLines(file);
            Files.write(file, List.of("another-boot", lines.get(1)));
            assertThat(data.endOrphans()).isEmpty();
        }
        assertThat(sleeper.isAlive()).isTrue();
    }

    @Test
    void childOfARecordedProcessIsEndedWithIt() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "sleep 600 & sleep 600 & wait").start();
        ProcessIdentity parent = ProcessIdentity.of(shell.pid()).orElseThrow();
        while (parent.descendants().count() < 2) {
            Thread.onSpinWait();
        }
        List<ProcessIdentity> children = parent.descendants().toList();
        ServiceProcess process = DataDirectory.process(root, Service.ELASTICSEARCH);
        try (DataDirectory data = DataDirectory.take(root)) {
            record(Service.ELASTICSEARCH).write(List.of(parent));
            process.kill();
        }
        assertThat(children).hasSize(2).noneMatch(ProcessIdentity::isAlive);
    }

    @Test
    void directoryInUseIsRefusedNamingItsOwner() {
        try (DataDirectory data = DataDirectory.take(root)) {
            assertThatThrownBy(() -> DataDirectory.take(root))
                    .isInstanceOf(LocalStackException.class)
                    .hasMessageContaining(root.toString())
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("--data");
        }
        DataDirectory.take(root).close();
    }

    @Test
    void directoryOfADeadOwnerCanBeTaken() throws Exception {
        Files.createDirectories(root.resolve("run"));
        new ProcessRecord(root.resolve("run/owner"))
                .write(List.of(new ProcessIdentity(sleeper.pid(), identity().startTicks() + 1)));
        DataDirectory.take(root).close();
    }

    @Test
    void cleaningTakesOnlyWhatTheServicesWrote() throws Exception {
        try (DataDirectory data = DataDirectory.take(root)) {
            Files.createDirectories(root.resolve("kafka/data/topic-0"));
            Files.writeString(root.resolve("kafka/data/topic-0/log"), "x");
            Files.createSymbolicLink(root.resolve("kafka/link"), Path.of("/"));
            Files.writeString(root.resolve("thesis.txt"), "not ours");
            data.clean();
            try (var files = Files.list(root)) {
                assertThat(files.map(file -> file.getFileName().toString())).containsOnly("run", "lock", "thesis.txt");
            }
        }
    }

    private ProcessIdentity identity() {
        return ProcessIdentity.of(sleeper.pid()).orElseThrow();
    }

    private ProcessRecord record(Service service) {
        return new ProcessRecord(root.resolve("run").resolve(service.key()));
    }
}
