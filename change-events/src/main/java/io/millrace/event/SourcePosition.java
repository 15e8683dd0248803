package io.millrace.event;

import java.util.Comparator;
import java.util.HexFormat;

/**
 * Where a change stands in the commit order of its source. The same change has the same position however often it is
 * delivered, and no two changes of a source share one.
 *
 * <p>Ordered by epoch, then commit LSN, then ordinal. A change LSN takes no part: it is neither unique (COPY and multi-row
 * INSERT share one) nor increasing across transactions (a later commit may hold earlier LSNs).
 *
 * <p>Rows read by a snapshot are placed at the low watermark of their chunk, with negative ordinals: before every change that the
 * read cannot have seen, and never in the place of a change.
 *
 * @param epoch counts up when the source's history was cut: a lost slot, a restore, a failover with a gap; 1 to 2047
 * @param commitLsn where the transaction's commit record begins (pgoutput's BEGIN message); of a snapshot read the low watermark
 * @param ordinal the change's number in its transaction, from 0; negative for a snapshot read
 */
public record SourcePosition(int epoch, long commitLsn, int ordinal) implements Comparable<SourcePosition> {

    private static final HexFormat HEX = HexFormat.of();
    private static final Comparator<SourcePosition> ORDER = Comparator.comparingInt(SourcePosition::epoch)
            .thenComparing((a, b) -> Long.compareUnsigned(a.commitLsn, b.commitLsn))
            .thenComparingInt(SourcePosition::ordinal);

    /** Returns the position of the {@code index}-th row, from 0, of a snapshot chunk read at a low watermark. */
    public static SourcePosition ofRead(int epoch, long lowWatermark, int index) {
        return new SourcePosition(epoch, lowWatermark, Integer.MIN_VALUE + index);
    }

    /** Tells whether a snapshot read this row, rather than a transaction changing it. */
    public boolean isRead() {
        return ordinal < 0;
    }

    /**
     * Returns the position as text: {@code 1-0000000019A2B330-00000004}, or with an {@code r} before the last part for a snapshot
     * read. Readable by {@link #parse}.
     */
    @Override
    public String toString() {
        String number = HEX.toHexDigits(isRead() ? ordinal - Integer.MIN_VALUE : ordinal);
        return epoch + "-" + HEX.withUpperCase().toHexDigits(commitLsn) + (isRead() ? "-r" : "-") + number;
    }

    /**
     * Reads what {@link #toString} wrote.
     *
     * @throws IllegalArgumentException if the text is no position
     */
    public static SourcePosition parse(String text) {
        try {
            int lsn = text.indexOf('-') + 1;
            int ordinal = text.indexOf('-', lsn) + 1;
            if (lsn > 0 && ordinal > 0) {
                boolean read = text.startsWith("r", ordinal);
                int number = HexFormat.fromHexDigits(text, read ? ordinal + 1 : ordinal, text.length());
                return new SourcePosition(
                        Integer.parseInt(text, 0, lsn - 1, 10),
                        HexFormat.fromHexDigitsToLong(text, lsn, ordinal - 1),
                        read ? Integer.MIN_VALUE + number : number);
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Not a position: '" + text + "'", e);
        }
        throw new IllegalArgumentException("Not a position: '" + text + "'");
    }

    /** Returns the id of the event at this position of a source; survives redelivery, safe in a URL. */
    public String eventId(String source) {
        return source + "-" + this;
    }

    /** Returns the position in an event id, that is without the source's name before it. */
    public static SourcePosition ofEventId(String eventId) {
        int ordinal = eventId.lastIndexOf('-');
        int lsn = ordinal < 0 ? -1 : eventId.lastIndexOf('-', ordinal - 1);
        int epoch = lsn < 0 ? -1 : eventId.lastIndexOf('-', lsn - 1);
        return parse(eventId.substring(epoch + 1));
    }

    @Override
    public int compareTo(SourcePosition other) {
        return ORDER.compare(this, other);
    }
}
