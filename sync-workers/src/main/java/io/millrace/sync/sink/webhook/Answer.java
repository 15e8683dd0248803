package io.millrace.sync.sink.webhook;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What came of a request. */
sealed interface Answer {

    /** The receiver has the change. */
    record Accepted() implements Answer {}

    /** It will never take this change. */
    record Refused(String reason) implements Answer {}

    /** It wants no changes any more (410): the way there is closed until a person opens it. */
    record Gone(String reason) implements Answer {}

    /**
     * It did not say that it has the change, and may be asked again.
     *
     * @param patience how long it wants to be left alone; null where it did not say
     * @param all whether every other change would fare the same now
     */
    record Unavailable(String reason, @Nullable Duration patience, boolean all) implements Answer {}
}
