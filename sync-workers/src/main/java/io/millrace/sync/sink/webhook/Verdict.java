package io.millrace.sync.sink.webhook;

/** What became of the wish to send an event. */
enum Verdict {
    /** Nobody tried before: send it. */
    FIRST,
    /** Somebody tried, and was not heard of again: the receiver may have it. It is sent again, under the same id. */
    AGAIN,
    /** The receiver has it. */
    ACCEPTED,
    /** Another worker is sending it, or was a moment ago. */
    HELD
}
