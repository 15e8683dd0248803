package io.millrace.sync.sink.redis;

import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.nio.charset.StandardCharsets;

/** Names of keys in Redis. */
final class RowKeys {

    private static final byte[] VERSION_PREFIX = "millrace:v:{".getBytes(StandardCharsets.US_ASCII);

    private RowKeys() {}

    /** Returns {@code <source>:<schema>.<table>:}; characters of names that would make it ambiguous are percent-encoded. */
    static String prefix(String source, TableId table) {
        return source + ":" + RowKey.percentEncode(table.schema()) + "." + RowKey.percentEncode(table.table()) + ":";
    }

    static byte[] of(ChangeEvent event, RowKey key) {
        return (prefix(event.source(), event.table()) + key.encoded()).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns where the version of the row under a key stands; in braces, so that a cluster keeps both in one slot. */
    static byte[] version(byte[] rowKey) {
        byte[] key = new byte[VERSION_PREFIX.length + rowKey.length + 1];
        System.arraycopy(VERSION_PREFIX, 0, key, 0, VERSION_PREFIX.length);
        System.arraycopy(rowKey, 0, key, VERSION_PREFIX.length, rowKey.length);
        key[key.length - 1] = '}';
        return key;
    }

    /** Returns a SCAN pattern for the versions of a table's rows: rows that are gone have one too. */
    static byte[] versionPattern(String source, TableId table) {
        // percent-encoded names hold none of the pattern's special characters
        return ("millrace:v:{" + prefix(source, table) + "*").getBytes(StandardCharsets.UTF_8);
    }

    static byte[] ofVersion(byte[] versionKey) {
        return java.util.Arrays.copyOfRange(versionKey, VERSION_PREFIX.length, versionKey.length - 1);
    }
}
