package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

class WebhookSinkPropertiesTests {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private static WebhookSinkProperties properties(String... settings) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            all.put(WebhookSinkProperties.PREFIX + "." + settings[i], settings[i + 1]);
        }
        return new Binder(new MapConfigurationPropertySource(all))
                .bindOrCreate(WebhookSinkProperties.PREFIX, WebhookSinkProperties.class);
    }

    @Test
    void nothingIsSentByDefaultAndTheDefaultsAreThose() {
        WebhookSinkProperties none = properties();
        assertThat(none.targets()).isEmpty();
        assertThat(none.maxInFlight()).isEqualTo(16);
        assertThat(none.connectTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(none.requestTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(none.retryAfterMax()).isEqualTo(Duration.ofHours(1));
        assertThat(none.allowedAddresses()).isEmpty();
    }

    @Test
    void eachReceiverIsASink() {
        WebhookSinkProperties some = properties(
                "url", "https://a.example.org/x?token=hidden",
                "secret", SECRET,
                "endpoints.crm.url", "http://b.example.org:8080/",
                "endpoints.crm.secret", SECRET,
                "endpoints.crm.headers.authorization", "Bearer hidden",
                "endpoints.a-2.url", "https://c.example.org",
                "endpoints.a-2.secret", SECRET);
        assertThat(some.targets())
                .extracting(target -> target.sink() + " " + target.place())
                .containsExactly(
                        "webhook https://a.example.org",
                        "webhook-a-2 https://c.example.org",
                        "webhook-crm http://b.example.org:8080");
        assertThat(some.targets().get(2).headers()).containsEntry("authorization", "Bearer hidden");
        assertThat(some.toString()).doesNotContain("hidden").doesNotContain(SECRET);
    }

    @Test
    void whatIsWrongIsSaidWithItsKeyAndWithoutSecrets() {
        refused("millrace.sinks.webhook.secret is missing", "url", "https://a.example.org");
        refused(
                "millrace.sinks.webhook.secret: a secret is whsec_",
                "url",
                "https://a.example.org",
                "secret",
                "hidden");
        refused("millrace.sinks.webhook.endpoints.x.url must be", "endpoints.x.secret", SECRET);
        for (String url : new String[] {"ftp://a/hidden", "https://u:hidden@a/", "/hidden", "https://a b/hidden"}) {
            refused("millrace.sinks.webhook.url must be like https://", "url", url, "secret", SECRET);
        }
        refused(
                "millrace.sinks.webhook.endpoints.UP: a name is",
                "endpoints.UP.url",
                "https://a",
                "endpoints.UP.secret",
                SECRET);
        assertThatThrownBy(() -> properties("allowed-addresses", "localhost").addresses())
                .hasMessageContaining("millrace.sinks.webhook.allowed-addresses: 'localhost' is no range");
        assertThatThrownBy(() -> properties("max-in-flight", "0"))
                .hasRootCauseMessage("millrace.sinks.webhook.max-in-flight must be from 1 to 256, not 0");
    }

    private static void refused(String message, String... settings) {
        assertThatThrownBy(() -> properties(settings).targets())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).doesNotContain("hidden"));
    }
}
