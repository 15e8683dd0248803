package io.millrace.capture.value;

/** Writes values of one type. Stateless and thread-safe; chosen once per column. */
@FunctionalInterface
public interface ValueEncoder {

    /**
     * Appends a value that is not NULL as JSON.
     *
     * @param text PostgreSQL's text form in UTF-8, under the session settings of {@link #SESSION}
     */
    void encode(byte[] text, int offset, int length, JsonBytes out);

    /**
     * The server settings that fix PostgreSQL's text forms, as libpq's {@code options}. Stream and snapshot sessions both take them, so
     * that a value looks the same however it was read.
     */
    String SESSION = "-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c extra_float_digits=3"
            + " -c bytea_output=hex -c lc_monetary=C -c quote_all_identifiers=off -c statement_timeout=0 -c lock_timeout=0"
            + " -c idle_in_transaction_session_timeout=0";
}
