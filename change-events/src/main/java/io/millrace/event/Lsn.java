package io.millrace.event;

/**
 * Reads and writes log sequence numbers in PostgreSQL's form, {@code 16/B374D848}.
 *
 * <p>An LSN is a byte address in the WAL, an unsigned 64-bit number held in a {@code long}.
 */
public final class Lsn {

    private Lsn() {}

    /**
     * Reads PostgreSQL's form.
     *
     * @throws IllegalArgumentException if the text is not an LSN
     */
    public static long parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || slash == text.length() - 1) {
            throw new IllegalArgumentException("Not an LSN: '" + text + "'; expected a form like 16/B374D848");
        }
        try {
            return Long.parseLong(text, 0, slash, 16) << 32 | Long.parseLong(text, slash + 1, text.length(), 16);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("Not an LSN: '" + text + "'; expected a form like 16/B374D848", e);
        }
    }

    /** Returns PostgreSQL's form: upper-case hexadecimal, no leading zeros. */
    public static String format(long lsn) {
        return Long.toHexString(lsn >>> 32).toUpperCase(java.util.Locale.ROOT)
                + "/"
                + Long.toHexString(lsn & 0xFFFF_FFFFL).toUpperCase(java.util.Locale.ROOT);
    }
}
