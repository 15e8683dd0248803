package io.millrace.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserFilesTests {

    @TempDir
    Path directory;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(
                directory.resolve(name), content.replace("\\n", "\n").replace("\\t", "\t"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // what is wrong, where, what to do
                "millrace:\\n  sinks:\\n    elasticsearch:\\n      uri: x | line 4: there is no setting millrace.sinks.elasticsearch.uri. Did you mean millrace.sinks.elasticsearch.uris?",
                "milrace:\\n  a: b | line 2: there is no setting milrace.a. All of Millrace's begin with millrace.",
                "spring:\\n  datasource:\\n    url: a: b | line 3: this is no YAML: mapping values are not allowed here",
                "\\tspring: x | line 1: this is no YAML",
                "only words | holds no settings, but a text"
            })
    void aMistakeInAFileIsSaidWithItsLine(String content, String said) throws IOException {
        Path file = file("mine.yml", content);
        assertThatThrownBy(() -> UserFiles.find(file).check())
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(said);
    }

    @Test
    void aPropertiesFileIsReadToo() throws IOException {
        Path file = file("mine.properties", "server.port=1\nmillrace.capture.hartbeat-interval=1s\n");
        assertThatThrownBy(() -> UserFiles.find(file).check())
                .hasMessage(file + ", line 2: there is no setting millrace.capture.hartbeat-interval."
                        + " Did you mean millrace.capture.heartbeat-interval?");
    }

    @Test
    void othersSettingsThatDoNotExistAreAWarning() throws IOException {
        Path file = file(
                "mine.yml", "spring:\n  redis:\n    host: x\nmy:\n  name: y\nlogging:\n  level:\n    com.x: DEBUG\n");
        assertThat(UserFiles.find(file).check())
                .containsExactly(
                        file + ", line 3: there is no setting spring.redis.host. Did you mean spring.data.redis.host?"
                                + " It has no effect.",
                        file + ", line 5: there is no setting my.name. It has no effect.");
    }

    /** What people begin with must not be called wrong: with its comments as they are, and with all of them taken away. */
    @Test
    void theExampleHoldsOnlySettingsThatExist() throws IOException {
        String example = Files.readString(Path.of("../millrace.example.yml"));
        assertThat(UserFiles.find(file("as-it-is.yml", example)).check()).isEmpty();
        String all = example.replaceAll("(?m)^( *)# ([a-z-]+:( |$))", "$1$2")
                .replaceAll("(?m)^( *)#  ( +[a-z-]+:)", "$1 $2");
        assertThat(all).contains("\n    source:").contains("\n      ssl-mode: require");
        assertThat(UserFiles.find(file("all.yml", all)).check()).isEmpty();
    }

    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        assertThatThrownBy(() -> UserFiles.find(directory.resolve("missing.yml")))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("There is no file " + directory.resolve("missing.yml"))
                .hasMessageContaining("millrace.example.yml");
        assertThatThrownBy(() -> UserFiles.find(directory))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("is a directory");
    }
}
