package io.millrace.catalog.shaping;

import io.millrace.catalog.Column;
import io.millrace.catalog.MaskingKey;
import io.millrace.event.ChangeEvent;
import io.millrace.event.ChangeEventCodec;
import io.millrace.event.Row;
import io.millrace.event.RowDiff;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/** Selects, renames and masks the columns of row images by copying slices of their bytes; no values are parsed but masked ones. */
final class RowShape {

    static final MaskingKey NO_KEY = new MaskingKey(new byte[] {0});
    static final String UNAVAILABLE = '"' + ChangeEventCodec.UNAVAILABLE + '"';

    /** A field behind the columns; the value is JSON. */
    record Extra(String name, String json) {}

    /** How a column goes out. */
    private static final class Way {

        private final boolean sent;
        /** The name, quoted, and the colon. */
        private final byte[] prefix;

        private final @Nullable Masking masking;

        Way(boolean sent, byte[] prefix, @Nullable Masking masking) {
            this.sent = sent;
            this.prefix = prefix;
            this.masking = masking;
        }
    }

    private final Shaping shaping;
    private final Set<String> known;
    /** What the fields are called that the table's columns and the computed ones make. */
    private final Set<String> taken;

    private final Map<String, Masking> maskings = new HashMap<>();
    private final Map<String, Way> ways = new ConcurrentHashMap<>();
    private final Set<String> masked = new LinkedHashSet<>();

    /**
     * Takes the columns that the table has now. Where some are masked no others go out: events of the time before a masked column was
     * renamed hold its values under its old name. Else those that the table had once do, unless a field has their name by now.
     */
    RowShape(Shaping shaping, Collection<Column> columns, MaskingKey key) {
        this.shaping = shaping;
        this.known = columns.stream().map(Column::name).collect(Collectors.toSet());
        this.taken = known.stream().filter(shaping::sends).map(shaping::nameOf).collect(Collectors.toSet());
        shaping.computed().forEach(field -> taken.add(field.name()));
        shaping.masks().forEach((column, mask) -> maskings.put(column, new Masking(mask, key)));
        shaping.masks().keySet().forEach(column -> masked.add(shaping.nameOf(column)));
    }

    /** Returns the masked columns by their names in the sink. */
    Set<String> masked() {
        return masked;
    }

    Row shape(Row row, Set<String> unavailable, List<Extra> extras) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(row.size() + 64);
        out.write('{');
        row.read((name, bytes, from, length) -> {
            Way way = ways.computeIfAbsent(name, this::way);
            if (way.sent) {
                separate(out);
                out.writeBytes(way.prefix);
                Masking masking = way.masking;
                if (masking == null || unavailable.contains(name) && staysUnavailable(name)) {
                    out.write(bytes, from, length);
                } else {
                    out.writeBytes(masking.apply(bytes, from, length));
                }
            }
        });
        for (Extra extra : extras) {
            separate(out);
            out.writeBytes(prefix(extra.name()));
            out.writeBytes(extra.json().getBytes(StandardCharsets.UTF_8));
        }
        out.write('}');
        byte[] json = out.toByteArray();
        return new Row(json, 0, json.length);
    }

    private static void separate(ByteArrayOutputStream out) {
        if (out.size() > 1) {
            out.write(',');
        }
    }

    private Way way(String column) {
        return new Way(sends(column), prefix(shaping.nameOf(column)), maskings.get(column));
    }

    private boolean sends(String column) {
        boolean former = !known.contains(column);
        return shaping.sends(column)
                && !(former && (!shaping.masks().isEmpty() || taken.contains(shaping.nameOf(column))));
    }

    private static byte[] prefix(String name) {
        return ('"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(name)) + "\":")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** What is sent for a column that is nulled or constant is known without its value. */
    private boolean staysUnavailable(String column) {
        Mask mask = shaping.masks().get(column);
        return mask == null || mask.dependsOnValue();
    }

    /** Returns the columns whose values are missing in what is sent, by their names there. */
    Set<String> unavailable(Set<String> columns) {
        if (columns.isEmpty()) {
            return columns;
        }
        Set<String> names = new LinkedHashSet<>();
        for (String column : columns) {
            if (sends(column) && staysUnavailable(column)) {
                names.add(shaping.nameOf(column));
            }
        }
        return names;
    }

    /** Returns the masked columns whose values changed, by their names in the sink. */
    Set<String> maskedChanges(ChangeEvent event) {
        Row after = event.after();
        if (masked.isEmpty() || after == null || event.before() == null) {
            return Set.of();
        }
        Set<String> changed = new HashSet<>(RowDiff.changedColumns(event.before(), after, event.unavailable()));
        Set<String> names = new LinkedHashSet<>();
        shaping.maskedColumns().stream()
                .filter(changed::contains)
                .map(shaping::nameOf)
                .forEach(names::add);
        return names;
    }
}
