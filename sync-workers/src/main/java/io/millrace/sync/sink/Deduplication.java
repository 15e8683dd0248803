package io.millrace.sync.sink;

import java.util.Collection;
import java.util.Set;

/**
 * Remembers which events had their effect, for effects that are not idempotent ({@link SinkKind#EFFECT}). A sink asks before it acts and
 * notes when the other side has accepted; what is between the two at a crash is not known, and only the other side can tell, by the
 * event id. Thread-safe.
 *
 * <p>Events are remembered for a configured time ({@code millrace.sync.deduplication.retention}); delivery refuses to replay older ones to
 * a sink of effects.
 */
public interface Deduplication {

    /**
     * Returns those of these events that had their effect.
     *
     * @param consumer who acts, usually the sink's name
     * @throws SinkException RETRYABLE if the platform database does not answer: then nothing may be done
     */
    Set<String> seen(String consumer, Collection<String> eventIds) throws SinkException;

    /**
     * Notes that these events had their effect, and returns when that is durable.
     *
     * @throws SinkException RETRYABLE if the platform database does not answer
     */
    void note(String consumer, Collection<String> eventIds) throws SinkException;
}
