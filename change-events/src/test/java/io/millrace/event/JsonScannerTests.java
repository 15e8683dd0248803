package io.millrace.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class JsonScannerTests {

    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final String DOCUMENT =
            "{\"a\":[1,-2.5e+10,{\"b\":null,\"\":[]},true,false,[[],{}]],\"c \\\"\":\"x\\u00e9\\n\\\\\","
                    + " \"d\" : 0 , \"e\":{\"f\":[\"\",\"{\",\"]\"]},\"g\":-0.0E-3}";

    private static JsonScanner scanner(String json) {
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        return new JsonScanner(utf8, 0, utf8.length);
    }

    private static boolean accepts(String json) {
        JsonScanner scanner = scanner(json);
        try {
            for (boolean more = scanner.open(); more; more = scanner.more()) {
                scanner.name();
                scanner.skipValue();
            }
            scanner.end();
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean jacksonAccepts(String json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json.getBytes(StandardCharsets.UTF_8))) {
            boolean object = "START_OBJECT".equals(String.valueOf(parser.nextToken()));
            if (object) {
                parser.skipChildren();
            }
            return object && parser.nextToken() == null;
        } catch (JacksonException e) {
            return false;
        }
    }

    @Test
    void acceptsWhatAWellKnownParserAccepts() {
        assertThat(accepts(DOCUMENT)).isTrue();
        Random random = new Random(1);
        String alphabet = "{}[],:\"\\0123456789.-+eEtrufalsn xé\u0001\t";
        int accepted = 0;
        for (int i = 0; i < 200_000; i++) {
            StringBuilder json = new StringBuilder(DOCUMENT);
            for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
                int at = random.nextInt(json.length());
                String letter = String.valueOf(alphabet.charAt(random.nextInt(alphabet.length())));
                switch (random.nextInt(3)) {
                    case 0 -> json.deleteCharAt(at);
                    case 1 -> json.insert(at, letter);
                    default -> json.replace(at, at + 1, letter);
                }
            }
            boolean expected = jacksonAccepts(json.toString());
            assertThat(accepts(json.toString())).as("%s", json).isEqualTo(expected);
            accepted += expected ? 1 : 0;
        }
        assertThat(accepted).as("of both kinds").isBetween(20_000, 180_000);
    }

    @Test
    void valuesAreTakenAsTextAndNumber() {
        JsonScanner scanner = scanner(
                "{\"text\":\"a\\u00e9 \\\"b\\\"\",\"plain\":\"é\",\"large\":9223372036854775807,\"raw\":[1, {\"a\":2}],"
                        + "\"none\":null,\"list\":[\"x\",\"\",\"\\t\"],\"empty\":[]}");
        List<Object> values = new ArrayList<>();
        for (boolean more = scanner.open(); more; more = scanner.more()) {
            scanner.name();
            switch (scanner.nameText()) {
                case "large" -> values.add(scanner.integer());
                case "list", "empty" -> {
                    List<String> texts = new ArrayList<>();
                    scanner.texts(texts::add);
                    values.add(texts);
                }
                case "none" -> {
                    assertThat(scanner.isNull()).isTrue();
                    values.add(scanner.text());
                }
                default -> values.add(scanner.text());
            }
        }
        scanner.end();
        assertThat(values)
                .containsExactly(
                        "aé \"b\"", "é", Long.MAX_VALUE, "[1, {\"a\":2}]", "null", List.of("x", "", "\t"), List.of());
    }

    @Test
    void nestsAsDeepAsPostgresqlDoes() {
        assertThat(accepts("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"))
                .isTrue();
        assertThat(accepts("{\"a\":" + "[".repeat(100_000) + "]".repeat(99_999) + "}"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "C080",
                "C3",
                "C328",
                "E28228",
                "E08080",
                "EDA080",
                "F0808080",
                "F4908080",
                "F5808080",
                "80",
                "FF"
            })
    void refusesWhatIsNotUtf8(String hex) {
        byte[] wrong = java.util.HexFormat.of().parseHex(hex);
        byte[] json = new byte[wrong.length + 9];
        System.arraycopy("{\"a\":\"".getBytes(StandardCharsets.US_ASCII), 0, json, 0, 6);
        System.arraycopy(wrong, 0, json, 6, wrong.length);
        System.arraycopy("\"} ".getBytes(StandardCharsets.US_ASCII), 0, json, 6 + wrong.length, 3);
        JsonScanner scanner = new JsonScanner(json, 0, json.length);
        scanner.open();
        scanner.name();
        assertThatThrownBy(scanner::skipValue)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("UTF-8 is expected at byte 6");
    }

    @Test
    void saysWhereAndWhatAndShowsNoValue() {
        JsonScanner scanner = scanner("{\"a\":secret}");
        scanner.open();
        scanner.name();
        assertThatThrownBy(scanner::skipValue).hasMessage("a digit is expected at byte 5");
        JsonScanner cut = scanner("{\"a\":\"sec");
        cut.open();
        cut.name();
        assertThatThrownBy(cut::skipValue).hasMessage("it ends where the end of a string is expected");
    }
}
