package io.millrace.event;

/** Names of the headers that travel beside the envelope, so that a consumer can skip or route without parsing. All are UTF-8 text. */
public final class EventHeaders {

    /** {@link SourcePosition} as text. */
    public static final String POSITION = "millrace-position";
    /** {@link ChangeEvent#eventId()}. */
    public static final String EVENT_ID = "millrace-event-id";
    /** The change's own LSN, 16 hexadecimal digits. */
    public static final String LSN = "millrace-lsn";
    /** Version of the table's columns that the event was written under, decimal. */
    public static final String SCHEMA_VERSION = "millrace-schema-version";
    /** {@link BeforeCompleteness} by name; absent means NONE. */
    public static final String BEFORE = "millrace-before";
    /** JSON array of the columns whose value was not sent; absent when all were. */
    public static final String UNAVAILABLE = "millrace-unavailable";
    /** Who did it, JSON; absent when the application did not say. */
    public static final String ACTOR = "millrace-actor";
    /** On snapshot reads: position of the last change published before it, so that the end of a partition always tells how far it is. */
    public static final String PUBLISHED_UP_TO = "millrace-published-up-to";
    /** W3C trace context. */
    public static final String TRACEPARENT = "traceparent";

    private EventHeaders() {}
}
