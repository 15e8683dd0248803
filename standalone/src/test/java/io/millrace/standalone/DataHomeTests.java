package io.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataHomeTests {

    @TempDir
    Path directory;

    @Test
    void aSecondProcessIsToldWhoHasTheDirectoryAndWhatToDo() {
        try (DataHome first = DataHome.take(directory)) {
            assertThatThrownBy(() -> DataHome.take(directory))
                    .isInstanceOf(Refusal.class)
                    .hasMessageContaining("process " + ProcessHandle.current().pid())
                    .hasMessageContaining("--data");
            assertThat(first.root()).isEqualTo(directory.toAbsolutePath().normalize());
        }
        assertThatCode(() -> DataHome.take(directory).close()).doesNotThrowAnyException();
    }

    @Test
    void theSecretStaysAndIsForItsOwnerOnly() throws Exception {
        try (DataHome home = DataHome.take(directory)) {
            String secret = home.catalogSecret();
            assertThat(secret).hasSizeGreaterThan(40).isEqualTo(home.catalogSecret());
            Path file = directory.resolve("catalog.secret");
            assertThat(permissions(file)).isEqualTo("rw-------");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(home.catalogSecret()).isEqualTo(secret);
            assertThat(permissions(file)).as("a copy may have opened it").isEqualTo("rw-------");
            home.clean();
            assertThat(home.catalogSecret()).isNotEqualTo(secret);
        }
    }

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamedWithTheReason() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "in the way");
        assertThatThrownBy(() -> DataHome.take(file))
                .isInstanceOf(Refusal.class)
                .hasMessage("The data directory " + file + " cannot be made, for " + file
                        + " is a file: name another with --data.");
        assertThatThrownBy(() -> DataHome.take(file.resolve("below")))
                .isInstanceOf(Refusal.class)
                .hasMessage("The data directory " + file.resolve("below")
                        + " cannot be used (Not a directory): name another with --data.");
    }

    @Test
    void aDirectoryThatMayNotBeWrittenIsNamedWithTheWayOut() throws IOException {
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
        assumeFalse(Files.isWritable(closed), "root may write everywhere");
        assertThatThrownBy(() -> DataHome.take(closed))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("This user may not write to the data directory " + closed)
                .hasMessageContaining("chown");
    }

    @Test
    void cleanIsRefusedWhereOtherFilesAre() throws Exception {
        assertThatCode(() -> DataHome.requireCleanable(directory)).doesNotThrowAnyException();
        assertThatCode(() -> DataHome.requireCleanable(directory.resolve("missing")))
                .doesNotThrowAnyException();
        Files.writeString(directory.resolve("thesis.txt"), "years of work");
        assertThatThrownBy(() -> DataHome.requireCleanable(directory))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("no Millrace data directory");
    }
}
