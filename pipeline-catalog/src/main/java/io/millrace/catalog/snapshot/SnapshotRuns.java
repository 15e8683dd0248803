package io.millrace.catalog.snapshot;

import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableSnapshot;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The snapshots of tables: asked for, steered, followed. Every call is one transaction; thread-safe. */
public interface SnapshotRuns {

    Optional<TableSnapshot> find(long id);

    /** Returns a table's snapshots, newest first. */
    List<TableSnapshot> of(long tableId, int limit);

    /**
     * Asks for a snapshot; one that is open for the same filter is returned instead.
     *
     * @param filter checked by the caller; null for all rows
     */
    TableSnapshot request(long tableId, @Nullable String filter, String by);

    /** Stops an open snapshot at its next chunk; false if it is not REQUESTED or RUNNING. */
    boolean pause(long id, String message);

    /** Lets a paused snapshot go on where it stopped, with reading or with searching the sinks; false if it is not PAUSED. */
    boolean resume(long id);

    /** Gives an open snapshot up; false if it is none. What was read stays read. */
    boolean cancel(long id, String message);

    /** Says that the sinks were empty, so that there is nothing to search for. */
    void searchNothing(long id);

    /**
     * Notes the beginning, and forgets how far an earlier one was.
     *
     * @param startVersion version of its beginning
     * @param endKey the highest key; null where there is none
     */
    void begun(long id, long startVersion, @Nullable String endKey, @Nullable Long rowsEstimated);

    /**
     * Notes how far it is.
     *
     * @return its state: RUNNING, or what somebody made of it meanwhile; empty if it is gone
     */
    Optional<SnapshotState> progress(
            long id,
            long rowsDone,
            @Nullable Long rowsEstimated,
            @Nullable Double rowsPerSecond,
            @Nullable Long secondsLeft,
            @Nullable String lastKey);

    /**
     * Notes that every row is read, and has the table's sinks searched.
     *
     * @param endOffsets of the topic's partitions
     */
    void allRead(long id, long[] endOffsets);

    /** Returns whether the sinks that take the table are searched and every row in doubt was read again. */
    boolean isSearched(long id);

    /** Counts rows that sinks held and the source has no more. */
    void missing(long id, long rows);

    /** Ends a snapshot, unless it ended already. */
    void ended(long id, SnapshotState state, @Nullable String message);

    /** Returns searches of a sink that no worker is at, for which it has taken enough of the topic; each is claimed for half a minute. */
    List<Search> claim(String sink);

    /** Holds a claim for another half a minute; false when the snapshot was given up. */
    boolean holdClaim(Search search, long suspects);

    /** Ends a search. */
    void searched(Search search, long suspects);

    /**
     * A sink to be searched.
     *
     * @param startVersion older versions are in doubt
     * @param filter of the snapshot; null for all rows
     */
    record Search(
            long snapshotId,
            long tableId,
            String sink,
            long startVersion,
            @Nullable String filter) {}
}
