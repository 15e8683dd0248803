package io.millrace.sync.sink.webhook;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs as Standard Webhooks 1.0 asks (standardwebhooks.com): HMAC-SHA256 over {@code id.timestamp.body}, so that receivers can use
 * its libraries. Several secrets give several signatures, of which one must fit: so a secret is changed without a gap. Thread-safe.
 */
final class Signature {

    static final String ID = "webhook-id";
    /** Seconds since 1970; receivers refuse what is too old. */
    static final String TIMESTAMP = "webhook-timestamp";

    static final String SIGNATURE = "webhook-signature";

    private static final String PREFIX = "whsec_";
    private static final int LEAST_BYTES = 24;
    private static final String ALGORITHM = "HmacSHA256";

    private final List<SecretKeySpec> keys;

    private Signature(List<SecretKeySpec> keys) {
        this.keys = keys;
    }

    /**
     * Takes secrets in the form {@code whsec_<base64>}.
     *
     * @throws IllegalArgumentException if one is not; the message does not hold it
     */
    static Signature of(List<String> secrets) {
        return new Signature(secrets.stream().map(Signature::key).toList());
    }

    private static SecretKeySpec key(String secret) {
        String encoded = secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret;
        try {
            byte[] bytes = Base64.getDecoder().decode(encoded);
            if (bytes.length >= LEAST_BYTES) {
                return new SecretKeySpec(bytes, ALGORITHM);
            }
        } catch (IllegalArgumentException e) {
            // the decoder's message would show a part of it
        }
        throw new IllegalArgumentException("a secret is whsec_ and the base64 of at least " + LEAST_BYTES
                + " random bytes; make one with: echo whsec_$(openssl rand -base64 32)");
    }

    /** Returns the value of {@link #SIGNATURE}. */
    String sign(String id, long timestamp, byte[] body) {
        return keys.stream().map(key -> "v1," + hmac(key, id, timestamp, body)).collect(Collectors.joining(" "));
    }

    private static String hmac(SecretKeySpec key, String id, long timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has " + ALGORITHM, e);
        }
    }
}
