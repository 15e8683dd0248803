package io.millrace.sync.deduplication;

import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets each effect of one sink take place once: claimed before it is tried, marked when it is known to have taken place. A claim binds
 * other workers until it is older than any try can be. Thread-safe.
 *
 * <p>Every method throws {@link org.springframework.dao.DataAccessException} when the platform database does not answer: then nothing
 * may be tried.
 */
public interface Guard {

    /**
     * Returns the ids of those that took place.
     *
     * @param again whether some may be captured once more, and so at another time: then every day is asked, and not only theirs
     */
    Set<String> done(Collection<Mark> events, boolean again);

    /**
     * Returns when what took place is marked and the next event is claimed, both durably and in one commit.
     *
     * @param done what took place since the last call for the same row; null for nothing. Where it cannot be stored it is kept and stored
     *     with the next
     * @param next what is to be tried; null for nothing
     * @return of the next event; {@link Verdict#DONE} where there is none
     */
    Verdict pass(@Nullable Mark done, @Nullable Mark next);

    /** Stores what took place and could not be marked then. */
    void storeRest();
}
