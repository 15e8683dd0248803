package io.millrace.catalog;

import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What values are hashed with where they are masked so. One for an installation: equal values stay equal across tables and sinks. The
 * key itself cannot be read from it. Thread-safe.
 */
public final class MaskingKey {

    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    public MaskingKey(byte[] key) {
        this.key = new SecretKeySpec(key, ALGORITHM);
    }

    /** Returns the HMAC-SHA256 of a value, 64 lower-case hexadecimal digits. */
    public String hash(byte[] value) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(value));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform has HMAC-SHA256", e);
        }
    }

    @Override
    public String toString() {
        return "masking key";
    }
}
