package io.millrace.capture.snapshot;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Tells which sinks stand still, by their own offsets alone: how far they are behind changes with every change at the source, also while
 * nobody delivers. Not thread-safe.
 */
final class Standstill {

    private final long patienceNanos;
    private final Map<String, Place> places = new HashMap<>();

    Standstill(long patienceNanos) {
        this.patienceNanos = patienceNanos;
    }

    private record Place(long offset, long sinceNanos) {}

    /**
     * Notes where sinks are.
     *
     * @param offsets by sink
     * @param nanos the present moment
     * @return those of them that have been there for longer than is waited
     */
    Set<String> look(Map<String, Long> offsets, long nanos) {
        Set<String> standing = new HashSet<>();
        offsets.forEach((sink, offset) -> {
            Place before = places.get(sink);
            if (before == null || before.offset() != offset) {
                places.put(sink, new Place(offset, nanos));
            } else if (nanos - before.sinceNanos() > patienceNanos) {
                standing.add(sink);
            }
        });
        return standing;
    }
}
