package io.millrace.catalog.shaping;

import io.millrace.catalog.MaskingKey;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.databind.json.JsonMapper;

/** Turns the JSON of a value into the JSON of what is shown instead. */
final class Masking {

    static final byte[] NULL = JsonValues.ascii("null");

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String HIDDEN = "***";

    private final Mask mask;
    private final byte[] constant;
    private final MaskingKey key;

    Masking(Mask mask, MaskingKey key) {
        this.mask = mask;
        this.key = key;
        this.constant = mask.kind() == Mask.Kind.CONSTANT ? JSON.writeValueAsBytes(mask.value()) : NULL;
    }

    /** Returns the masked value; of a dropped column there is none, so it must not be asked for. */
    byte[] apply(byte[] bytes, int from, int length) {
        return switch (mask.kind()) {
            case DROP -> throw new IllegalStateException("A dropped column has no value");
            case NULL, CONSTANT -> constant;
            case HASH ->
                JsonValues.isNull(bytes, from, length)
                        ? NULL
                        : JsonValues.ascii('"' + key.hash(JsonValues.text(bytes, from, length)) + '"');
            case PARTIAL ->
                JsonValues.isNull(bytes, from, length)
                        ? NULL
                        : quoted(partial(new String(JsonValues.text(bytes, from, length), StandardCharsets.UTF_8)));
        };
    }

    /** By code points, so that no character is cut in two. How many are hidden does not show. */
    private String partial(String text) {
        int first = mask.first() == null ? 0 : mask.first();
        int last = mask.last() == null ? 0 : mask.last();
        int[] points = text.codePoints().toArray();
        if (points.length <= first + last) {
            return HIDDEN;
        }
        return new String(points, 0, first) + HIDDEN + new String(points, points.length - last, last);
    }

    private static byte[] quoted(String text) {
        return ('"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + '"')
                .getBytes(StandardCharsets.UTF_8);
    }
}
