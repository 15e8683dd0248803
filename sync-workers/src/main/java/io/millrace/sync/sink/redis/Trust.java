package io.millrace.sync.sink.redis;

import io.millrace.sync.sink.SinkException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;

/**
 * Says of what Redis holds whether a change that lacks values may take them from it. A server that was started again, or a replica that
 * took over, may have forgotten a row's last changes: completed from what is left, the row would have a value from before them, in a
 * version that no refill replaces.
 */
@FunctionalInterface
interface Trust {

    /**
     * What is known of Redis.
     *
     * @param runs of servers whose losses were looked for, each between blanks; an asterisk for any
     * @param refilled ids of tables that are being brought back: they may lack anything
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Known(byte[] runs, Set<Long> refilled) {

        /** Whatever is there: for what is put together out of readers' sight, from what went before. */
        static final Known ANYTHING = new Known("*".getBytes(StandardCharsets.US_ASCII), Set.of());

        /** Takes what servers call their runs. */
        static Known of(Collection<String> runs, Set<Long> refilled) {
            String text = " " + String.join(" ", runs) + " ";
            return new Known(text.getBytes(StandardCharsets.US_ASCII), refilled);
        }
    }

    /**
     * Returns what is known now. A run is known only once the refills of what it lacks are: whoever reads both reads the runs first.
     *
     * @throws SinkException RETRYABLE if that cannot be told
     */
    Known now() throws SinkException;
}
