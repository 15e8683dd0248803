package io.millrace.catalog.shaping;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpressionTests {

    private static String computed(String expression, String row) {
        Shaped shaped =
                ShapingFixture.shaper(ShapingFixture.computed("x", expression)).shape(ShapingFixture.create(row));
        return shaped instanceof Shaped.Sent sent ? sent.event().after().json("x") : ((Shaped.Refused) shaped).cause();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "big | 9007199254740993",
                "big + 1 | 9007199254740994",
                "big == 9007199254740993 | true",
                "big == 9007199254740992 | false",
                "score | \"12345678901234.567891\"",
                "score + decimal('0.000001') | \"12345678901234.567892\"",
                "score * decimal(2) | \"24691357802469.135782\"",
                "score > 12345678901234 | true",
                "score > decimal('12345678901234.567891') | false",
                "score >= decimal('12345678901234.5678910') | true",
                "score == decimal('12345678901234.567891000') | true",
                "score < decimal('9') | false",
                "double(score) | 1.2345678901234568E13",
                "string(score) | \"12345678901234.567891\"",
                "weight * 2.0 | 3.0",
                "weight / 0.0 | \"Infinity\"",
                "weight > 1 | true",
                "big < 1.5e300 | true",
                "!active | false",
                "email.endsWith('@example.org') | true",
                "email.upperAscii() | \"ADA@EXAMPLE.ORG\"",
                "email.substring(0, 3) | \"ada\"",
                "size(email) | 15",
                "email.matches('^[a-z]+@.*org$') | true",
                "seen | \"2026-01-31T14:02:07.123456Z\"",
                "seen + duration('1h') | \"2026-01-31T15:02:07.123456Z\"",
                "seen > timestamp('2026-01-01T00:00:00Z') | true",
                "seen.getFullYear() | 2026",
                "born | \"1815-12-10T00:00:00.000000Z\"",
                "born < seen | true",
                "seen - born > duration('1h') | true",
                "string(data.city) | \"London\"",
                "int(data.n) + 1 | 4",
                "has(data.city) | true",
                "has(data.street) | false",
                "tags.exists(t, t == 'b') | true",
                "tags.map(t, t == null ? '-' : string(t)) | \"[\\\"a\\\",\\\"-\\\",\\\"b\\\"]\"",
                "size(photo) | 3",
                "photo == b'\\x01\\x02\\x03' | true",
                "photo | \"AQID\"",
                "active && score > 5 ? 'yes' : 'no' | \"yes\"",
                "email == null ? 'none' : email | \"ada@example.org\"",
            })
    void valuesOfEveryTypeAreExact(String expression, String expected) {
        assertThat(computed(expression, ShapingFixture.ROW)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "email == null | true",
                "score == null | true",
                "big == null | true",
                "seen == null | true",
                "data == null | true",
                "tags == null | true",
                "active == null | true",
                "big != null && big > 5 | false",
                "email | null",
                "score | null",
                "big > 5 | The computed field x meets a NULL, or a value of another type than it expects, in this row",
                "score > decimal('5') | The computed field x meets a NULL, or a value of another type than it expects, in this row",
                "email.startsWith('a') | The computed field x meets a NULL, or a value of another type than it expects, in this row",
            })
    void nullIsNullAndNothingElse(String expression, String expected) {
        String row =
                "{\"id\":1,\"email\":null,\"score\":null,\"weight\":null,\"active\":null,\"born\":null,\"seen\":null,"
                        + "\"data\":null,\"tags\":null,\"photo\":null,\"big\":null}";
        assertThat(computed(expression, row)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "infinity | seen > timestamp('9999-01-01T00:00:00Z') | true",
                "-infinity | seen < timestamp('0002-01-01T00:00:00Z') | true",
                "0044-03-15T12:00:00.000000Z BC | seen < timestamp('0002-01-01T00:00:00Z') | true",
                "12026-01-01T00:00:00.000000Z | seen > timestamp('9999-01-01T00:00:00Z') | true",
                "infinity | seen | \"infinity\"",
                "-infinity | seen | \"-infinity\"",
            })
    void timesThatCelDoesNotHaveCompareRightly(String seen, String expression, String expected) {
        assertThat(computed(expression, "{\"id\":1,\"seen\":\"" + seen + "\"}")).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"NaN, true", "Infinity, true", "-Infinity, false", "1, false"})
    void numericsThatAreNoNumbersCompareAsInPostgres(String score, boolean larger) {
        assertThat(computed("score > decimal('1e30')", "{\"id\":1,\"score\":\"" + score + "\"}"))
                .isEqualTo(Boolean.toString(larger));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "1 / (big - big) | divides by zero",
                "int(email) | cannot turn a value of this row into what it expects",
                "data.street == 'x' | names a member that a json value of this row does not have",
                "tags[9] == 'x' | names an element that a list of this row does not have",
                "big * big | leaves the range of its numbers",
                "timestamp(email) > seen | cannot turn a value of this row into what it expects",
            })
    void faultOfOneRowSaysWhatWithoutQuotingIt(String expression, String said) {
        assertThat(computed(expression, ShapingFixture.ROW)).contains(said).doesNotContain("ada@example", "9007");
    }

    @Test
    void iterationsAndTextsAreBounded() {
        String row = "{\"id\":1,\"email\":\"" + "x".repeat(60_000) + "\",\"tags\":[" + "\"a\",".repeat(200) + "\"a\"]}";
        assertThat(computed("tags.exists(a, tags.exists(b, tags.exists(c, c == 'z')))", row))
                .contains("goes through more than 1000 elements");
        String large = "{\"id\":1,\"email\":\"" + "x".repeat(70_000) + "\",\"tags\":[\"a\"]}";
        assertThat(computed("tags.exists(a, email == a)", large)).contains("names values of more than 67108 bytes");
        assertThat(computed("email == 'a'", large)).isEqualTo("false");
    }

    private static List<ShapingFinding> findings(Shaping shaping) {
        return ShapingCheck.of(shaping, ShapingFixture.TABLE, ShapedFor.STATES).stream()
                .filter(ShapingFinding::isError)
                .toList();
    }

    private static String finding(String filter) {
        List<ShapingFinding> found = findings(ShapingFixture.filter(filter));
        assertThat(found).hasSize(1);
        ShapingFinding one = found.get(0);
        return one.at() + " " + one.line() + ":" + one.column() + " " + one.problem();
    }

    @Test
    void mistakesAreToldWithTheirPlace() {
        assertThat(finding("active &&\n  emial == 'x'"))
                .isEqualTo(
                        "filter 2:3 There is no emial here. The columns are id, email, score, weight, active, born, seen,"
                                + " data, tags, photo, big.");
        assertThat(finding("email > 5")).startsWith("filter 1:7 > does not go with (");
        assertThat(finding("score > 9.5")).endsWith("A number with a fraction beside a decimal: decimal('9.99').");
        assertThat(finding("active && (")).startsWith("filter 1:1");
        assertThat(finding("email"))
                .isEqualTo("filter null:null The filter must be true or false for a row; this is a string.");
        assertThat(finding("data.active"))
                .isEqualTo("filter null:null The filter must be true or false for a row; this is of any type.");
        assertThat(finding("active && " + "true && ".repeat(600) + "true")).contains("4000");
        assertThat(finding("email.replace('a', 'b') == 'x'")).contains("There is no replace here");
    }

    @Test
    void maskedColumnsAreNotSeen() {
        Shaping shaping = new Shaping(
                null,
                Map.of(),
                Map.of("email", Mask.of(Mask.Kind.HASH)),
                "email == 'x'",
                List.of(new Computed("y", "email")));
        assertThat(findings(shaping)).extracting(ShapingFinding::at).containsExactly("filter", "computed.0.expression");
        assertThat(findings(shaping).get(0).problem()).startsWith("email is masked: expressions do not see it.");
        List<ShapingFinding> hidden = new ArrayList<>(ShapingCheck.of(
                ShapingFixture.filter("email == 'x'"), ShapingFixture.TABLE, ShapedFor.STATES, Set.of("email")));
        hidden.removeIf(finding -> !finding.isError());
        assertThat(hidden).extracting(ShapingFinding::at).containsExactly("filter");
    }

    @Test
    void forgottenNullIsAWarning() {
        assertThat(ShapingCheck.of(
                        ShapingFixture.filter("big > 5 && email != null && email != ''"),
                        ShapingFixture.TABLE,
                        ShapedFor.STATES))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.isError()).isFalse();
                    assertThat(finding.problem()).startsWith("Can be NULL: big. ");
                });
    }

    @Test
    void strangeNamesCanBeWritten() {
        assertThat(Variables.of("order id")).isEqualTo("order_id");
        assertThat(Variables.of("2nd")).isEqualTo("_2nd");
        assertThat(Variables.of("in")).isEqualTo("in_");
        assertThat(Variables.of("int")).isEqualTo("int_");
        assertThat(Variables.of("Straße")).isEqualTo("Stra_e");
    }

    @Test
    void filterDecidesWhatTheSinkHolds() {
        Shaper shaper = ShapingFixture.shaper(ShapingFixture.filter("active == true"));
        String in = "{\"id\":1,\"active\":true}";
        String out = "{\"id\":1,\"active\":false}";
        assertThat(shaper.shape(ShapingFixture.create(in))).isInstanceOf(Shaped.Sent.class);
        assertThat(shaper.shape(ShapingFixture.create(out))).isEqualTo(new Shaped.Skipped());
        Shaped.Removed removed = (Shaped.Removed) shaper.shape(ShapingFixture.update(in, out));
        assertThat(removed.event().operation()).isEqualTo(Operation.DELETE);
        assertThat(removed.event().after()).isNull();
        assertThat(removed.event().rowVersion())
                .isEqualTo(ShapingFixture.create(in).rowVersion());
        assertThat(removed.row().after()).hasToString(out);
        assertThat(shaper.shape(ShapingFixture.event(Operation.READ, null, out)))
                .isInstanceOf(Shaped.Removed.class);
        assertThat(shaper.shape(ShapingFixture.event(Operation.DELETE, in, null)))
                .isInstanceOf(Shaped.Sent.class);
        assertThat(removed.isNews()).isTrue();
    }

    private static ChangeEvent keyOnly(ChangeEvent event) {
        return event.with(
                event.operation(), Row.of("{\"id\":1}"), BeforeCompleteness.KEY, event.after(), event.unavailable());
    }

    @Test
    void ofARowThatDidNotPassNothingIsShownWhateverBecomesOfIt() {
        Shaper shaper = ShapingFixture.shaper(ShapingFixture.filter("active == true"));
        String in = "{\"id\":1,\"active\":true,\"email\":\"a\"}";
        String out = "{\"id\":1,\"active\":false,\"email\":\"secret\"}";

        Shaped.Removed deleted = (Shaped.Removed) shaper.shape(ShapingFixture.event(Operation.DELETE, out, null));
        assertThat(deleted.isNews()).isFalse();
        assertThat(deleted.row()).isNull();
        assertThat(deleted.event().before()).isNull();
        assertThat(deleted.event().operation()).isEqualTo(Operation.DELETE);
        Shaped.Removed changed = (Shaped.Removed) shaper.shape(ShapingFixture.update(out, out));
        assertThat(changed.isNews()).isFalse();
        assertThat(changed.event().before()).isNull();

        Shaped.Sent appears = (Shaped.Sent) shaper.shape(ShapingFixture.update(out, in));
        assertThat(appears.event().operation()).isEqualTo(Operation.UPDATE);
        assertThat(appears.event().before()).isNull();
        assertThat(appears.event().beforeCompleteness()).isEqualTo(BeforeCompleteness.NONE);
        assertThat(appears.event().after()).hasToString(in);

        Shaped.Sent stays = (Shaped.Sent) shaper.shape(ShapingFixture.update(in, in));
        assertThat(stays.event().before()).hasToString(in);
        Shaped.Sent ends = (Shaped.Sent) shaper.shape(ShapingFixture.event(Operation.DELETE, in, null));
        assertThat(ends.event().before()).hasToString(in);
    }

    @Test
    void ofAStateThatTheFilterHasNoValueForNothingIsShownButTheRowsEndIsTold() {
        Shaper shaper = ShapingFixture.shaper(ShapingFixture.filter("size(email) == 1"));
        String in = "{\"id\":1,\"email\":\"a\"}";
        String undecided = "{\"id\":1,\"active\":true,\"email\":null}";
        Shaped.Sent appears = (Shaped.Sent) shaper.shape(ShapingFixture.update(undecided, in));
        assertThat(appears.event().before()).isNull();
        // it may be there from before the filter had no value for it
        Shaped.Sent gone = (Shaped.Sent) shaper.shape(ShapingFixture.event(Operation.DELETE, undecided, null));
        assertThat(gone.event().before()).isNull();
    }

    @Test
    void ofARowWhoseStateBeforeIsNotKnownTheKeyAloneIsShownAndItsEndTold() {
        Shaper shaper = ShapingFixture.shaper(ShapingFixture.filter("active == true"));
        Shaped.Sent ends = (Shaped.Sent) shaper.shape(keyOnly(ShapingFixture.event(Operation.DELETE, null, null)));
        assertThat(ends.event().before()).hasToString("{\"id\":1}");
        Shaped.Removed leaves =
                (Shaped.Removed) shaper.shape(ShapingFixture.update(null, "{\"id\":1,\"active\":false}"));
        assertThat(leaves.isNews()).isTrue();
        assertThat(shaper.shape(ShapingFixture.event(Operation.TRUNCATE, null, null)))
                .isInstanceOf(Shaped.Sent.class);
    }

    @Test
    void filterThatHangsOnAnUnsentValueRefusesTheRowAndOthersDoNot() {
        Shaper shaper = ShapingFixture.shaper(ShapingFixture.filter("active == true && email == 'x'"));
        String unsent = "\"email\":\"__debezium_unavailable_value\"}";
        Shaped out = shaper.shape(
                ShapingFixture.event(Operation.UPDATE, null, "{\"id\":1,\"active\":false," + unsent, "email"));
        assertThat(out).isInstanceOf(Shaped.Removed.class);
        Shaped refused = shaper.shape(
                ShapingFixture.event(Operation.UPDATE, null, "{\"id\":1,\"active\":true," + unsent, "email"));
        assertThat(((Shaped.Refused) refused).cause())
                .isEqualTo(
                        "The filter needs email, which PostgreSQL did not send because a large value stayed as it was. Read the"
                                + " table's rows again; ALTER TABLE \"public\".\"people\" REPLICA IDENTITY FULL has it sent always.");
    }

    @Test
    void computedFieldOfUnsentValuesIsAsItWas() {
        String row = "{\"id\":1,\"active\":true,\"email\":\"__debezium_unavailable_value\"}";
        Shaped.Sent sent = (Shaped.Sent) ShapingFixture.shaper(ShapingFixture.computed("x", "size(email)"))
                .shape(ShapingFixture.event(Operation.UPDATE, null, row, "email"));
        assertThat(sent.event().after()).hasToString("{\"id\":1,\"x\":\"__debezium_unavailable_value\"}");
        assertThat(sent.event().unavailable()).containsExactly("x");
        assertThat(ShapingFixture.shaper(ShapingFixture.computed("x", "active ? size(email) : 0"))
                        .shape(ShapingFixture.event(Operation.UPDATE, null, row, "email")))
                .isInstanceOf(Shaped.Refused.class);
    }
}
