package io.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
            assertThat(PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(directory.resolve("catalog.secret"))))
                    .isEqualTo("rw-------");
            home.clean();
            assertThat(home.catalogSecret()).isNotEqualTo(secret);
        }
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
