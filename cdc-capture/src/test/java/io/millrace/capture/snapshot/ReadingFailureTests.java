package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.TableId;
import java.sql.SQLException;
import java.util.List;
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
    void whatPostgresSaysOfAValueIsToldToNobody() {
        TableId table = new TableId("public", "orders");
        SQLException value = new SQLException("ERROR: invalid input syntax for type integer: \"4111 1111\"", "22P02");
        SQLException raised = new SQLException("ERROR: no such 4111 1111", "42704");
        assertThat(List.of(
                        ReadingFailure.said(null, value),
                        ReadingFailure.said("n > 1", value),
                        ReadingFailure.said("f(n)", raised),
                        ReadingFailure.message(table, "n > 1", value),
                        ReadingFailure.message(table, null, value)))
                .noneMatch(told -> told.contains("4111"))
                .allMatch(told -> told.contains("22P02") || told.contains("42704"));

        SQLException refused = new SQLException("ERROR: permission denied for table orders", "42501");
        assertThat(ReadingFailure.message(table, null, refused))
                .isEqualTo("The rows of public.orders cannot be read: ERROR: permission denied for table orders.");
        assertThat(ReadingFailure.said(null, new SQLException("Connection refused")))
                .isEqualTo("Connection refused");
    }

    @Test
    void aMissingPrivilegeEndsEverySnapshot() {
        assertThat(isFinal(null, "42501")).isTrue();
        assertThat(isFinal("n > 1", "42501")).isTrue();
    }
}
