package io.millrace.admin.sinks;

import io.millrace.catalog.BindingState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the delivery of one table to one sink is, in every partition.
 *
 * @param table the table's id
 * @param message why it is not active and what to do
 * @param replays whether it was rewound and delivers again what it delivered before
 * @param findings what is no fault yet
 */
record Delivery(
        String sink,
        long table,
        String topic,
        BindingState state,
        @Nullable String message,
        Instant stateSince,
        boolean replays,
        List<Partition> partitions,
        DeadLetters deadLetters,
        List<String> findings) {

    /**
     * One partition of the table's topic.
     *
     * @param next the first offset that is not applied
     * @param end where the partition ends; null where Kafka did not answer
     * @param lastPosition of the last change applied
     * @param committedAt when that was committed at the source
     * @param waitingSince since when the sink is waited for; null when it is not
     * @param waitingFor what for
     * @param replayUntil what is below was delivered before a rewind
     */
    record Partition(
            int partition,
            long next,
            @Nullable Long end,
            @Nullable String lastPosition,
            @Nullable Instant committedAt,
            @Nullable Instant waitingSince,
            @Nullable String waitingFor,
            long replayUntil,
            int rewinds) {

        /** Returns how many records are not applied; null where unknown. */
        public @Nullable Long behind() {
            return end == null ? null : (Long) Math.max(0, end - next);
        }

        public boolean replays() {
            return next < replayUntil;
        }

        public @Nullable Duration waits() {
            return waitingSince == null ? null : Duration.between(waitingSince, Instant.now());
        }
    }

    /** How many dead letters are not settled. */
    record DeadLetters(long open, long waiting, long retrying) {

        public long all() {
            return open + waiting + retrying;
        }
    }

    /** Returns the longest wait; null when nothing is waited for. */
    public @Nullable Partition waits() {
        return partitions.stream()
                .filter(one -> one.waitingSince() != null)
                .min(java.util.Comparator.comparing(one -> Objects.requireNonNull(one.waitingSince())))
                .orElse(null);
    }

    /** Returns how many records are not applied; null where unknown. */
    public @Nullable Long behind() {
        return partitions.stream().anyMatch(one -> one.end() == null)
                ? null
                : (Long) partitions.stream()
                        .mapToLong(one -> Objects.requireNonNullElse(one.behind(), 0L))
                        .sum();
    }

    public String word() {
        return switch (state) {
            case PAUSED -> "paused";
            case FAILED -> "failed";
            case ACTIVE -> {
                if (waits() != null) {
                    yield "waits";
                }
                Long records = behind();
                if (records == null) {
                    yield "unknown";
                }
                yield replays ? "replays" : records == 0 ? "current" : "behind";
            }
        };
    }

    public String tone() {
        return switch (word()) {
            case "failed" -> "bad";
            case "waits" -> "warn";
            case "current" -> "ok";
            case "behind", "replays" -> "run";
            default -> "idle";
        };
    }
}
