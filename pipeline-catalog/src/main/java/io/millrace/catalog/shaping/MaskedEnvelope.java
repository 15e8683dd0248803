package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.MaskingKey;
import io.millrace.event.Row;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The value of a record as it may be kept and shown where columns are masked: the same envelope with the masked values in its images, all
 * else as it was, names included.
 */
public final class MaskedEnvelope {

    private static final JsonFactory JSON = JsonFactory.builder().build();
    private static final byte[] UNSENT = RowShape.UNAVAILABLE.getBytes(StandardCharsets.UTF_8);

    private final RowShape rows;

    public MaskedEnvelope(Shaping shaping, CapturedTable table, Supplier<MaskingKey> key) {
        // the masks alone: a record that is kept is that of the source
        this.rows = new RowShape(
                new Shaping(null, java.util.Map.of(), shaping.masks(), null, List.of()),
                table.columns(),
                shaping.masks().isEmpty() ? RowShape.NO_KEY : key.get());
    }

    /**
     * Returns the masked value.
     *
     * @param unavailable columns whose values were not sent
     * @return null where the value cannot be read, and so not be masked: it must not be kept
     */
    public byte @Nullable [] of(byte[] value, Set<String> unavailable) {
        return of(value, (name, row) -> name.equals("after") ? unavailable : Set.of());
    }

    /** The same for a value of which only itself is left: what stands for a value that was not sent stays as it is. */
    public byte @Nullable [] of(byte[] value) {
        return of(value, (name, row) -> unsent(row));
    }

    private static Set<String> unsent(Row row) {
        Set<String> columns = new HashSet<>(0);
        row.read((name, bytes, from, length) -> {
            if (Arrays.equals(bytes, from, from + length, UNSENT, 0, UNSENT.length)) {
                columns.add(name);
            }
        });
        return columns;
    }

    private interface Unsent {
        Set<String> in(String image, Row row);
    }

    private byte @Nullable [] of(byte[] value, Unsent unavailable) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(value.length);
        int copied = 0;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), value)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return null;
            }
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                JsonToken token = parser.nextToken();
                int from = (int) parser.currentTokenLocation().getByteOffset();
                parser.skipChildren();
                if ((name.equals("before") || name.equals("after")) && token == JsonToken.START_OBJECT) {
                    int to = (int) parser.currentLocation().getByteOffset();
                    out.write(value, copied, from - copied);
                    Row row = new Row(value, from, to - from);
                    out.writeBytes(rows.shape(row, unavailable.in(name, row), List.of())
                            .toBytes());
                    copied = to;
                }
            }
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                return null;
            }
        } catch (JacksonException | IllegalArgumentException e) {
            return null;
        }
        out.write(value, copied, value.length - copied);
        return out.toByteArray();
    }

    /** Returns a row image masked. */
    public Row of(Row row, Set<String> unavailable) {
        return rows.shape(row, unavailable, List.of());
    }
}
