package io.millrace.e2e.comparison;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * Which of many millions of keys were seen, by eight bytes of a digest of each: that two keys of ten millions share them is one chance in
 * two hundred thousand, and then a row is said to be missing that is there, never the other way.
 */
final class SeenKeys {

    private final MessageDigest digest;
    private long[] slots = new long[1 << 12];
    private int size;

    SeenKeys() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Returns whether it is the first time. */
    boolean add(String key) {
        long hash = ByteBuffer.wrap(digest.digest(key.getBytes(StandardCharsets.UTF_8)))
                        .getLong()
                | 1;
        if (size * 2 >= slots.length) {
            long[] old = slots;
            slots = new long[old.length * 2];
            Arrays.stream(old).filter(one -> one != 0).forEach(this::put);
        }
        boolean added = put(hash);
        size += added ? 1 : 0;
        return added;
    }

    private boolean put(long hash) {
        int at = (int) (hash >>> 32) & slots.length - 1;
        while (slots[at] != 0 && slots[at] != hash) {
            at = at + 1 & slots.length - 1;
        }
        boolean free = slots[at] == 0;
        slots[at] = hash;
        return free;
    }
}
