package io.millrace.admin.sinks;

import io.millrace.admin.web.Problem;
import io.millrace.event.Lsn;
import io.millrace.event.SourcePosition;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Where a sink is rewound to. */
sealed interface RewindTarget {

    /** The oldest record that Kafka has. */
    record Beginning() implements RewindTarget {}

    /** The first record of this time or later; changes committed later are behind it too. */
    record At(Instant time) implements RewindTarget {}

    /**
     * The first change at this position of the source or later.
     *
     * @param epoch null where only an LSN was given: any epoch
     */
    record From(@Nullable Integer epoch, long commitLsn) implements RewindTarget {

        boolean reachedBy(SourcePosition position) {
            if (epoch != null && position.epoch() != epoch) {
                return position.epoch() > epoch;
            }
            return Long.compareUnsigned(position.commitLsn(), commitLsn) >= 0;
        }
    }

    /**
     * Reads {@code beginning}, a time with its zone, a position or event id as the history shows it, or a commit LSN.
     *
     * @throws Problem if it is none of them
     */
    static RewindTarget parse(@Nullable String text) {
        String given = text == null ? "" : text.strip();
        if (given.equalsIgnoreCase("beginning")) {
            return new Beginning();
        }
        try {
            if (given.matches("[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")) {
                return new From(null, Lsn.parse(given));
            }
            if (given.matches(".*[0-9]+-[0-9A-Fa-f]{16}-r?[0-9A-Fa-f]{8}")) {
                SourcePosition position = SourcePosition.ofEventId(given);
                return new From(position.epoch(), position.commitLsn());
            }
            return new At(OffsetDateTime.parse(given).toInstant());
        } catch (DateTimeParseException | IllegalArgumentException e) {
            throw Problem.badRequest(
                    "'" + given + "' is nothing to rewind to. Give 'beginning', a time with its zone like"
                            + " 2026-01-31T10:00:00Z, a commit LSN like 0/16B3748, or an event id from the history.");
        }
    }
}
