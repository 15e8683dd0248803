package io.millrace.sync.sink.redis;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Row;
import io.millrace.sync.sink.redis.Link.Call;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Puts entries into the form that {@link Script} takes. Immutable. */
final class EntryCalls {

    private static final HexFormat HEX = HexFormat.of();

    private final byte[] tombstone;

    /** Takes how long a deleted row's version is remembered. */
    EntryCalls(long tombstoneMillis) {
        this.tombstone = ascii(tombstoneMillis);
    }

    byte[] tombstone() {
        return tombstone.clone();
    }

    /** Tells whether {@link Script#PUT} is enough for an entry: a string that stays for ever. */
    static boolean isPut(Write write) {
        return write.row() != null
                && !write.entries().isHash()
                && write.entries().options().timeToLive() == null;
    }

    /** A call of {@link Script#PUT}. */
    static Call puts(List<Write> writes, Space space) {
        List<byte[]> keys = new ArrayList<>(writes.size() * 2);
        List<byte[]> arguments = new ArrayList<>(writes.size() * 2);
        for (Write write : writes) {
            Row row = write.row();
            if (row != null) {
                keys.add(space.row(write.key()));
                keys.add(space.mark(write.key()));
                arguments.add(version(write.event()));
                arguments.add(row.toBytes());
            }
        }
        return new Call(keys, arguments);
    }

    /** A call of {@link Script#WRITE}; {@code runs} is what {@link Trust} says. */
    Call writes(List<Write> writes, Space space, byte[] runs, Instant now) {
        List<byte[]> keys = new ArrayList<>(writes.size() * 2);
        List<byte[]> arguments = new ArrayList<>(writes.size() * 5 + 2);
        arguments.add(tombstone);
        arguments.add(runs);
        for (Write write : writes) {
            keys.add(space.row(write.key()));
            keys.add(space.mark(write.key()));
            Row row = write.row();
            if (row == null || write.isOver(now)) {
                add(arguments, "d", write, 0, List.of());
            } else if (write.entries().isHash()) {
                List<byte[]> fields = HashFields.arguments(row, write.event().unavailable());
                add(arguments, "h", write, write.remainingMillis(now), fields);
            } else {
                add(arguments, "s", write, write.remainingMillis(now), List.of(row.toBytes()));
            }
        }
        return new Call(keys, arguments);
    }

    /** A call for one hash that rests on fields found elsewhere, name and value of each. */
    Call resumed(Write write, Row row, List<byte[]> found, Space space, Instant now) {
        List<byte[]> arguments = new ArrayList<>(List.of(tombstone, Trust.Known.ANYTHING.runs()));
        List<byte[]> fields = HashFields.arguments(row, write.event().unavailable(), found);
        add(arguments, "h", write, write.remainingMillis(now), fields);
        return new Call(List.of(space.row(write.key()), space.mark(write.key())), arguments);
    }

    private static void add(List<byte[]> arguments, String operation, Write write, long millis, List<byte[]> more) {
        arguments.add(operation.getBytes(StandardCharsets.US_ASCII));
        arguments.add(version(write.event()));
        arguments.add(ascii(millis));
        arguments.add(ascii(more.size()));
        arguments.addAll(more);
    }

    /** Returns the version of a row state, or of a TRUNCATE, in the form of marks. */
    static byte[] version(ChangeEvent event) {
        return HEX.toHexDigits(event.rowVersion()).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] ascii(long number) {
        return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
    }
}
