package io.millrace.sync.sink.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonbTextTests {

    private static String acceptable(String json) {
        return new String(JsonbText.acceptable(json.getBytes(UTF_8)), UTF_8);
    }

    @Test
    void escapedNulIsReplacedAndWhatOnlyLooksLikeItIsNot() {
        assertThat(acceptable("{\"a\":\"x\\u0000y\"}")).isEqualTo("{\"a\":\"x\\ufffdy\"}");
        assertThat(acceptable("{\"a\":\"x\\\\u0000y\"}")).isEqualTo("{\"a\":\"x\\\\u0000y\"}");
        assertThat(acceptable("{\"a\":\"\\\\\\u0000\"}")).isEqualTo("{\"a\":\"\\\\\\ufffd\"}");
    }

    @Test
    void textThatIsNotJsonBecomesAJsonString() {
        assertThat(new String(JsonbText.ofUntrusted("{\"user\":\"anna\"}"), UTF_8))
                .isEqualTo("{\"user\":\"anna\"}");
        assertThat(new String(JsonbText.ofUntrusted("anna"), UTF_8)).isEqualTo("\"anna\"");
        assertThat(new String(JsonbText.ofUntrusted("{} {}"), UTF_8)).isEqualTo("\"{} {}\"");
        assertThat(new String(JsonbText.ofUntrusted("{\"a\":"), UTF_8)).isEqualTo("\"{\\\"a\\\":\"");
    }
}
