package io.millrace.capture.publish;

import java.time.Clock;
import java.time.Instant;

/** Writes rows that were read as records of the contract, away from the publishing thread. Used by one thread. */
public final class ReadEncoder {

    private final EnvelopeWriter writer;
    private final int epoch;

    /** @param source its name; the others are of that source */
    public ReadEncoder(String source, String database, int epoch) {
        this.writer = new EnvelopeWriter(source, database, EnvelopeWriter.version(), Clock.systemUTC());
        this.epoch = epoch;
    }

    /**
     * Begins a batch of rows that are read together.
     *
     * @param lowWatermark below every change that the read cannot have seen
     * @param firstIndex number of the first row among those of the same low watermark
     */
    public ReadBatch begin(Published table, long lowWatermark, int firstIndex, Instant readAt) {
        return new ReadBatch(writer, epoch, table, lowWatermark, firstIndex, readAt);
    }
}
