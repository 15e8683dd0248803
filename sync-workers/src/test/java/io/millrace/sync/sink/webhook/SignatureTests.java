package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignatureTests {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8);

    /** The values of Standard Webhooks' own libraries. */
    @Test
    void signsAsStandardWebhooksDo() {
        assertThat(Signature.of(List.of(SECRET)).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void whileASecretIsChangedEitherFits() {
        String both = Signature.of(List.of(SECRET, OTHER)).sign("id", 1, BODY);
        assertThat(both.split(" "))
                .containsExactly(
                        Signature.of(List.of(SECRET)).sign("id", 1, BODY),
                        Signature.of(List.of(OTHER)).sign("id", 1, BODY));
    }

    @Test
    void unfitSecretIsRefusedWithoutBeingShown() {
        for (String secret : List.of("whsec_short", "whsec_c2hvcnQ=", "no base64 at all, is it?")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Signature.of(List.of(secret)))
                    .withMessageContaining("openssl rand")
                    .withNoCause()
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain(secret));
        }
    }
}
