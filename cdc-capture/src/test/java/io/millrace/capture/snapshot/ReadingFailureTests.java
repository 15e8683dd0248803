package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadingFailureTests {

    private static boolean isFinal(String filter, String state) {
        return ReadingFailure.isFinal(filter, new SQLException("The test wants it to fail", state));
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {"42703", "42P01", "42804", "0A000", "08006", "40001", "53300", "55P03", "57P01", "58030", "XX000"
            })
    void whatMayPassIsTriedAgain(String state) {
        assertThat(isFinal(null, state)).isFalse();
        assertThat(isFinal("n > 1", state)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"22012", "22P02", "21000", "54001", "P0001", "38000"})
    void whatAnExpressionMeetsAtARowEndsAFilteredSnapshotAlone(String state) {
        assertThat(isFinal("n > 1", state)).isTrue();
        assertThat(isFinal(null, state)).isFalse();
    }

    @Test
    void aMissingPrivilegeEndsEverySnapshot() {
        assertThat(isFinal(null, "42501")).isTrue();
        assertThat(isFinal("n > 1", "42501")).isTrue();
    }
}
