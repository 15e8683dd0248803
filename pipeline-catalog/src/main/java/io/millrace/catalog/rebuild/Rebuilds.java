package io.millrace.catalog.rebuild;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Rebuilds and what they have reached. Every call is one transaction; thread-safe. */
public interface Rebuilds {

    /** Asks for a rebuild; one that is open for this table and sink is returned instead. */
    Rebuild request(RebuildRequest request);

    /** Asks for a rebuild; empty if one is open for this table and sink, which goes on as it was asked for. */
    Optional<Rebuild> begin(RebuildRequest request);

    /**
     * Asks for a refill because of a loss that was noticed now: one that is open begins again, since it may have lost what it had
     * brought back.
     */
    Rebuild refill(RebuildRequest request);

    Optional<Rebuild> find(long id);

    /** Returns the newest rebuild of a table in a sink, open or not. */
    Optional<Rebuild> latest(long tableId, String sink);

    /** Returns those that are not finished, oldest first. */
    List<Rebuild> open();

    /** Has one begin again from its first step, with nothing fed; false if it does not stand where expected any more. */
    boolean beginAgain(long id, RebuildState expected, String message);

    /**
     * Returns those that a sink still lacks, since they failed or were cancelled, oldest first: what was lost did not come back, and no later
     * one of the whole table has done it or is about to.
     */
    List<Rebuild> missing(String sink);

    /** Returns the newest of a table and sink, first the newest, at most 20. */
    List<Rebuild> history(long tableId, String sink);

    /** Returns all of a sink that were told something, open or not, the oldest first. */
    List<Rebuild> told(String sink);

    /** Notes what a person wants of it. */
    void wish(long id, RebuildWish wish);

    /**
     * Notes that a person accepts what a comparison found, if no more than that is on record by now.
     *
     * @return false if more is missing or older than they saw, or nothing is to be accepted any more
     */
    boolean accept(long id, long missing, long older);

    /**
     * Takes a rebuild for this process, until the claim is closed or the process ends; empty if another one has it.
     */
    Optional<Claim> claim(long id);

    /** The right to work on one rebuild: a lock of a database session, which ends with the process that holds it. */
    interface Claim extends AutoCloseable {

        /** Tells whether it is still held; not after the database was gone. */
        boolean isHeld();

        @Override
        void close();
    }

    /** Moves a rebuild on if it still stands where expected; clears its message, and its wish where it was taken up. */
    boolean move(long id, RebuildState expected, RebuildState next, @Nullable String message);

    /** Tells whether one has stood where it stands for at least so long, by the database's clock. */
    boolean hasStood(long id, Duration atLeast);

    void place(long id, String place);

    /**
     * Notes that a snapshot feeds it.
     *
     * @param before offset by partition where the topic ended before the snapshot began, kept as what feeding has reached
     */
    void bySnapshot(long id, long snapshotId, Map<Integer, Long> before);

    /** Notes that it is fed from the topic between these offsets after all, with what its snapshot has brought there. */
    void withSnapshot(long id, Map<Integer, Long> from, Map<Integer, Long> until);

    /** Notes where feeding ends now, behind the answers to all that it asked for. */
    void feed(long id, RebuildFeed feed, @Nullable Long snapshotId, Map<Integer, Long> until);

    /**
     * Notes how far feeding is; nothing if it was stopped meanwhile.
     *
     * @param refused how many changes the copy refused since this was noted last
     * @param asked whether rows were asked for since, see {@link Rebuild#asked}
     */
    void fed(long id, Map<Integer, Long> next, long refused, boolean asked);

    void compared(long id, Comparison comparison);

    /**
     * Notes a comparison that a person must judge, if the rebuild still stands where expected. What they accepted before was another one: that
     * wish is gone with this.
     */
    boolean different(long id, RebuildState expected, Comparison comparison, String message);

    /** Notes what it waits for; null for nothing. */
    void message(long id, @Nullable String message);
}
