package io.millrace.catalog;

import java.util.List;
import java.util.Optional;

/**
 * What is known to be missing of the sources, and the way on: a person accepts a gap, capture begins the next epoch. Every call is one
 * transaction; thread-safe.
 */
public interface SourceGaps {

    /** Returns the gap that keeps a source from being captured. */
    Optional<SourceGap> open(String source);

    /** Returns all gaps of a source, newest first. */
    List<SourceGap> all(String source);

    /** Notes a gap behind what was captured; one that is open already keeps its time, and takes what is found now. */
    SourceGap found(CaptureOffset captured, SourceGap.Finding finding);

    /** Notes that an open gap proved to be none, for example because the right server answers again. */
    void vanished(String source);

    /**
     * Accepts an open gap: capture of its source will begin the next epoch.
     *
     * @return the next epoch; empty where this gap is not open, or was accepted before
     */
    Optional<Integer> accept(String source, long gap, String by);

    /**
     * Notes a gap of one table, which keeps nothing from being captured: it stands in the table's history, and the table's rows are asked
     * for anew.
     */
    void ofTable(CaptureOffset captured, CapturedTable table, SourceGap.Finding finding);

    /**
     * Begins an epoch: stores its first offset, closes the open gap, writes it into the history of every table that has one, and asks for
     * the rows of every table anew.
     *
     * @return false if a newer lease stored an offset: then nothing was done
     */
    boolean begin(CaptureOffset first, long generation);
}
