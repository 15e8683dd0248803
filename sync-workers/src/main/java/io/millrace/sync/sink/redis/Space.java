package io.millrace.sync.sink.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Where entries stand: in the keys that readers know, or out of their sight while they are brought back. Beside each entry stands a
 * mark that holds its version; both carry the entry's key in braces, or are it, so that a cluster keeps them in one slot.
 */
final class Space {

    static final Space LIVE = new Space("", "", "millrace:v:{");
    static final Space SHADOW = new Space("millrace:r:{", "}", "millrace:s:{");

    private static final byte[] END = {'}'};

    private final byte[] before;
    private final byte[] after;
    private final byte[] mark;

    private Space(String before, String after, String mark) {
        this.before = before.getBytes(StandardCharsets.US_ASCII);
        this.after = after.getBytes(StandardCharsets.US_ASCII);
        this.mark = mark.getBytes(StandardCharsets.US_ASCII);
    }

    /** Returns where an entry stands, whose key readers know as {@code key}. */
    byte[] row(byte[] key) {
        return before.length == 0 ? key : joined(before, key, after);
    }

    /** Returns where the entry's version stands. */
    byte[] mark(byte[] key) {
        return joined(mark, key, END);
    }

    /** Returns the entry's key from that of its mark. */
    byte[] key(byte[] markKey) {
        return Arrays.copyOfRange(markKey, mark.length, markKey.length - 1);
    }

    /** Returns a SCAN pattern for all marks whose entries' keys begin so: rows that are gone have one too, for a while. */
    byte[] marks(String prefix) {
        return joined(mark, entries(prefix), new byte[0]);
    }

    /** Returns a SCAN pattern for all entries that readers see whose keys begin so. */
    static byte[] entries(String prefix) {
        String plain = prefix.replaceAll("([\\\\*?\\[\\]^])", "\\\\$1");
        return (plain + "*").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] joined(byte[] first, byte[] second, byte[] third) {
        byte[] all = Arrays.copyOf(first, first.length + second.length + third.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        System.arraycopy(third, 0, all, first.length + second.length, third.length);
        return all;
    }
}
