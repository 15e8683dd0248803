package io.millrace.sync.sink;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.rebuild.Comparison;
import java.util.List;

/**
 * A sink of states that can fill a copy of a table out of readers' sight and put it in the place that they see.
 *
 * <p>Every method may be repeated after it was interrupted at any point, by this process or another, and then completes what the
 * first attempt began. As {@link #write}, none waits for a service that does not answer: it throws, and is called again.
 */
public interface RebuildableSink extends Sink {

    /**
     * A copy of a table.
     *
     * @param rebuild the rebuild's id, which no other copy has
     * @param table the table as the catalog has it now
     * @param place what {@link #plan} returned: the sink's own notes
     */
    record Copy(long rebuild, CapturedTable table, String place) {}

    /**
     * Says where the copy will be and what it will replace, as a JSON object; changes nothing. Stored before anything is done.
     *
     * @param asked what was said when it was asked for, a JSON object
     */
    String plan(CapturedTable table, String asked) throws SinkException;

    /** Makes the empty copy. What {@link #write} is given afterwards, by any process, reaches the copy before the live place. */
    void prepare(Copy copy) throws SinkException;

    /**
     * Writes older changes to the copy alone; at most one of a row, as in {@link #write}.
     *
     * @return those that the copy refused for good
     */
    List<Failure> feed(Copy copy, List<Change> changes) throws SinkException;

    /**
     * Compares the copy with what readers see, while both go on being written.
     *
     * @param readSince a version from which on all that there is was read, and taken by the copy: what it lacks in an older one is gone, and
     *     not missing; 0 if that is not known
     */
    Comparison compare(Copy copy, long readSince, Progress progress) throws SinkException;

    /** Tells how far something is, and whether to go on. */
    interface Progress {
        /**
         * Notes how far it is.
         *
         * @throws SinkException if this process has lost the right to go on
         */
        void at(String sentence) throws SinkException;
    }

    /** Puts the copy in the live place, at once for all readers. The old one goes on being written, behind the copy. */
    void exchange(Copy copy) throws SinkException;

    /** What {@link #write} is given afterwards, by any process, reaches the old one before the copy. */
    void prepareBack(Copy copy) throws SinkException;

    /** Compares the old one with what readers see, after {@link #prepareBack}, while both go on being written. */
    Comparison compareBack(Copy copy, Progress progress) throws SinkException;

    /**
     * Puts the old one back into the live place, at once for all readers; it holds all that was written to the copy by now. The copy is
     * not written any more.
     */
    void exchangeBack(Copy copy) throws SinkException;

    /** Removes the one of the two that is not live. */
    void discard(Copy copy) throws SinkException;
}
