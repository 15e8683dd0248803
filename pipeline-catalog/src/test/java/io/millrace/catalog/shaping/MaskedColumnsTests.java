package io.millrace.catalog.shaping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskedColumnsTests {

    private static final Shaping EMAIL =
            ShapingFixture.shaping(null, Map.of(), Map.of("email", Mask.of(Mask.Kind.NULL)));

    private static List<Column> columns(String names) {
        return Arrays.stream(names.split(" "))
                .map(name -> new Column(name, "text", "text", 25, true))
                .toList();
    }

    private static String elsewhere(String declared, String present) {
        return String.join(" ", MaskedColumns.elsewhere(EMAIL, columns(declared), columns(present)));
    }

    @ParameterizedTest
    @CsvSource({
        "id email name, id email name",
        "id email name, id email name phone",
        "id email name, id email full_name",
        "id email name, email name",
        "id email, id email phone",
        "id name email, id email",
        "id name email total, id full_name email total",
        "id name email total, id email total phone",
        "id email total, id email sum phone",
        "email, email phone"
    })
    void columnThatStandsWhereItStoodIsTheOneThatIsMasked(String declared, String present) {
        assertThat(elsewhere(declared, present)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        // renamed, and its name given to a new one
        "id email name, id email_old name email, email_old",
        "id email, id email_old email, email_old",
        "email, email_old email, email_old",
        "id email name, email_old name email, email_old",
        "id email name, id email_old email name, email_old",
        // with another one dropped in front, which looks as if that had been renamed
        "id phone email, id email_old email, email_old",
        "id email, number email, number",
        // names exchanged
        "id email name, id name email, name",
        // renamed, and its name given to one that was there before it
        "id name email, id email mail, mail",
        "id name email total, id email mail total, mail",
        "id name email total, id email mail sum, mail",
        // or behind it, with another one dropped in front
        "id phone email name total, id mail email total, mail",
        // renamed alone
        "id email name, id mail name, mail"
    })
    void columnThatMayHoldWhatWasMaskedIsTold(String declared, String present, String where) {
        assertThat(elsewhere(declared, present).split(" ")).contains(where);
    }

    @Test
    void tableWhoseMaskedColumnMayBeAnotherIsNotSent() {
        assertThatThrownBy(() -> MaskedColumns.check(
                        EMAIL,
                        columns("id email total"),
                        ShapingFixture.table(ReplicaIdentity.FULL, columns("id email_old total email"))))
                .isInstanceOf(ShapingException.class)
                .hasMessageContaining("email, which is masked, may be another column of public.people")
                .hasMessageContaining("may stand in email_old")
                .hasMessageContaining("save the shaping again, then resume");
        MaskedColumns.check(
                EMAIL, columns("id email"), ShapingFixture.table(ReplicaIdentity.FULL, columns("id email x")));
    }
}
