package io.millrace.catalog.shaping;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Column;
import io.millrace.event.Operation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskTests {

    /** {@code printf %s ada@example.org | openssl dgst -sha256 -hmac 'a key of tests'} */
    private static final String HASH = "a3cdc0f73c7b17d8edebee04e307bd45dbfef6b607fb194b031d33b5055ecd8d";

    private static final List<String> TWO = List.of("id", "email");

    private static String masked(Mask mask, String email) {
        return ShapingFixture.sent(
                ShapingFixture.shaping(TWO, Map.of(), Map.of("email", mask)), "{\"id\":1,\"email\":" + email + "}");
    }

    @Test
    void droppedColumnIsNotThere() {
        assertThat(masked(Mask.of(Mask.Kind.DROP), "\"ada@example.org\"")).isEqualTo("{\"id\":1}");
    }

    @Test
    void nulledColumnIsNull() {
        assertThat(masked(Mask.of(Mask.Kind.NULL), "\"ada@example.org\"")).isEqualTo("{\"id\":1,\"email\":null}");
    }

    @Test
    void constantHidesThatThereIsNoValue() {
        assertThat(masked(Mask.constant("n/a"), "\"ada@example.org\"")).isEqualTo("{\"id\":1,\"email\":\"n/a\"}");
        assertThat(masked(Mask.constant("n/a"), "null")).isEqualTo("{\"id\":1,\"email\":\"n/a\"}");
        assertThat(masked(Mask.constant(7), "\"x\"")).isEqualTo("{\"id\":1,\"email\":7}");
        assertThat(masked(Mask.constant(true), "\"x\"")).isEqualTo("{\"id\":1,\"email\":true}");
    }

    @Test
    void hashIsTheHmacOfTheTextAndNullStaysNull() {
        Mask hash = Mask.of(Mask.Kind.HASH);
        assertThat(masked(hash, "\"ada@example.org\"")).isEqualTo("{\"id\":1,\"email\":\"" + HASH + "\"}");
        assertThat(masked(hash, "\"ada\\u0040example.org\"")).isEqualTo("{\"id\":1,\"email\":\"" + HASH + "\"}");
        assertThat(masked(hash, "null")).isEqualTo("{\"id\":1,\"email\":null}");
    }

    @Test
    void numberAndTextOfTheSameDigitsHaveTheSameHash() {
        assertThat(masked(Mask.of(Mask.Kind.HASH), "5")).isEqualTo(masked(Mask.of(Mask.Kind.HASH), "\"5\""));
    }

    @ParameterizedTest
    @CsvSource({
        "2, 0, ada@example.org, ad***",
        "1, 3, ada@example.org, a***org",
        "0, 4, ada@example.org, ***.org",
        "2, 2, abcd, ***",
        "2, 2, abcde, ab***de",
        "1, 1, \uD83D\uDE00x\uD83D\uDE00, \uD83D\uDE00***\uD83D\uDE00"
    })
    void partKeepsTheEndsAndNothingOfWhatIsTooShort(int first, int last, String email, String expected) {
        assertThat(masked(Mask.partial(first, last), "\"" + email + "\""))
                .isEqualTo("{\"id\":1,\"email\":\"" + expected + "\"}");
    }

    @Test
    void partOfNullIsNull() {
        assertThat(masked(Mask.partial(1, 1), "null")).isEqualTo("{\"id\":1,\"email\":null}");
    }

    @Test
    void unsentValueStaysUnsentWhereTheMaskNeedsIt() {
        String row = "{\"id\":1,\"email\":\"__debezium_unavailable_value\",\"data\":\"__debezium_unavailable_value\"}";
        Map<String, Mask> masks = new LinkedHashMap<>();
        masks.put("email", Mask.of(Mask.Kind.HASH));
        masks.put("data", Mask.of(Mask.Kind.NULL));
        Shaping shaping = ShapingFixture.shaping(null, Map.of("email", "mail"), masks);
        Shaped.Sent sent = (Shaped.Sent) ShapingFixture.shaper(shaping)
                .shape(ShapingFixture.event(Operation.UPDATE, null, row, "email", "data"));
        assertThat(sent.event().after())
                .hasToString("{\"id\":1,\"mail\":\"__debezium_unavailable_value\",\"data\":null}");
        assertThat(sent.event().unavailable()).containsExactly("mail");
        assertThat(sent.masked()).containsExactly("mail", "data");
    }

    @Test
    void beforeIsMaskedTooAndThatAMaskedValueChangedIsKnown() {
        Shaping shaping = ShapingFixture.shaping(TWO, Map.of(), Map.of("email", Mask.of(Mask.Kind.NULL)));
        Shaped.Sent sent = (Shaped.Sent) ShapingFixture.shaper(shaping)
                .shape(ShapingFixture.update("{\"id\":1,\"email\":\"old\"}", "{\"id\":1,\"email\":\"new\"}"));
        assertThat(sent.event().before()).hasToString("{\"id\":1,\"email\":null}");
        assertThat(sent.event().after()).hasToString("{\"id\":1,\"email\":null}");
        assertThat(sent.changed()).containsExactly("email");
    }

    @Test
    void shapedTableHasTheTypesOfWhatIsSent() {
        Map<String, Mask> masks = Map.of(
                "big", Mask.of(Mask.Kind.HASH),
                "weight", Mask.constant(0),
                "active", Mask.of(Mask.Kind.NULL),
                "photo", Mask.of(Mask.Kind.DROP));
        Shaping shaping = ShapingFixture.shaping(
                List.of("id", "big", "weight", "active", "photo"), Map.of("big", "large", "id", "person"), masks);
        var table = ShapingFixture.shaper(shaping).table();
        assertThat(table.columns())
                .containsExactly(
                        new Column("person", "bigint", "int8", 20, false),
                        new Column("weight", "int8", "int8", 0, true),
                        new Column("active", "boolean", "bool", 16, true),
                        new Column("large", "text", "text", 0, true));
        assertThat(table.keyColumns()).containsExactly("person");
    }

    @Test
    void tableThatLostAMaskedColumnIsNotSent() {
        Shaping shaping = ShapingFixture.shaping(null, Map.of(), Map.of("gone", Mask.of(Mask.Kind.NULL)));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> ShapingFixture.shaper(shaping))
                .isInstanceOf(ShapingException.class)
                .hasMessageContaining("gone, which is masked, is no longer a column of public.people");
    }

    @Test
    void columnThatTheTableNoLongerHasIsNotSentWhereOthersAreMasked() {
        String old = "{\"id\":1,\"email\":\"x\",\"mail_before_it_was_renamed\":\"secret\"}";
        Map<String, Mask> masks = Map.of("email", Mask.of(Mask.Kind.NULL));
        assertThat(ShapingFixture.sent(ShapingFixture.shaping(null, Map.of(), masks), old))
                .isEqualTo("{\"id\":1,\"email\":null}");
        MaskedEnvelope kept = new MaskedEnvelope(
                ShapingFixture.shaping(null, Map.of(), masks), ShapingFixture.TABLE, () -> ShapingFixture.KEY);
        assertThat(new String(kept.of(("{\"after\":" + old + "}").getBytes(), java.util.Set.of())))
                .isEqualTo("{\"after\":{\"id\":1,\"email\":null}}");
        assertThat(ShapingFixture.sent(ShapingFixture.shaping(null, Map.of("email", "mail"), Map.of()), old))
                .isEqualTo("{\"id\":1,\"mail\":\"x\",\"mail_before_it_was_renamed\":\"secret\"}");
    }

    @Test
    void envelopeIsMaskedAndOtherwiseAsItWas() {
        MaskedEnvelope masked = new MaskedEnvelope(
                ShapingFixture.shaping(
                        List.of("id"), Map.of("email", "mail"), Map.of("email", Mask.of(Mask.Kind.NULL))),
                ShapingFixture.TABLE,
                () -> ShapingFixture.KEY);
        String envelope = "{\"before\":{\"id\":1,\"email\":\"old\"},\"after\":{\"id\":1,\"email\":\"new\",\"big\":2},"
                + "\"source\":{\"name\":\"s\"},\"op\":\"u\"}";
        assertThat(new String(masked.of(envelope.getBytes(), java.util.Set.of())))
                .isEqualTo("{\"before\":{\"id\":1,\"email\":null},\"after\":{\"id\":1,\"email\":null,\"big\":2},"
                        + "\"source\":{\"name\":\"s\"},\"op\":\"u\"}");
        assertThat(masked.of("{\"after\":{\"email\":\"cut".getBytes(), java.util.Set.of()))
                .isNull();
        assertThat(masked.of("\"email\"".getBytes(), java.util.Set.of())).isNull();
    }
}
