package io.millrace.catalog.shaping;

import org.jspecify.annotations.Nullable;

/**
 * What stands in the place of a column's values. A masked value leaves Millrace nowhere but in the source's own topic: not to the sink,
 * not in dead letters, previews, logs or messages.
 *
 * @param value of {@link Kind#CONSTANT}: a text, a number or a boolean; else null
 * @param first of {@link Kind#PARTIAL}: how many characters are kept at the beginning; else null
 * @param last of {@link Kind#PARTIAL}: how many characters are kept at the end; else null
 */
public record Mask(
        Kind kind,
        @Nullable Object value,
        @Nullable Integer first,
        @Nullable Integer last) {

    /** How values are masked. */
    public enum Kind {
        /** The column is not there. */
        DROP,
        /** Always NULL. */
        NULL,
        /** Always the same value, where there was none too. */
        CONSTANT,
        /** HMAC-SHA256 under the installation's masking key, 64 hexadecimal digits: equal values stay equal. NULL stays NULL. */
        HASH,
        /** The first and last characters with {@code ***} between; all of a text that is not longer than these is masked. NULL stays NULL. */
        PARTIAL
    }

    public static Mask of(Kind kind) {
        return new Mask(kind, null, null, null);
    }

    public static Mask constant(Object value) {
        return new Mask(Kind.CONSTANT, value, null, null);
    }

    public static Mask partial(int first, int last) {
        return new Mask(Kind.PARTIAL, null, first, last);
    }

    /** Returns whether what comes out depends on what goes in. */
    boolean dependsOnValue() {
        return kind == Kind.HASH || kind == Kind.PARTIAL;
    }
}
