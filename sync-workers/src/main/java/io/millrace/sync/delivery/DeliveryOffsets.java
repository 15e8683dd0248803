package io.millrace.sync.delivery;

import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.Offsets;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Stores how far a sink is. A platform database that does not answer stops no sink of states: what could not be stored is stored
 * later, at worst delivered again. Confined to one consumer's thread.
 */
final class DeliveryOffsets {

    private static final Logger log = LoggerFactory.getLogger(DeliveryOffsets.class);
    private static final long RETRY_NANOS = 500_000_000L;
    /** Small batches in quick succession share one write: each is a commit of the platform database. */
    private static final long GATHER_NANOS = 25_000_000L;

    private final String sink;
    private final Offsets offsets;
    private final Map<TopicPartitionId, Advance> pending = new HashMap<>();
    private final Set<TopicPartitionId> moved = new HashSet<>();
    private boolean failing;
    private long failedAt;
    private long pendingSince;

    DeliveryOffsets(String sink, Offsets offsets) {
        this.sink = sink;
        this.offsets = offsets;
    }

    /** Returns the stored offset of each of these partitions; empty for one that was never delivered. */
    Map<TopicPartitionId, Optional<DeliveryOffset>> stored(Collection<TopicPartitionId> partitions) {
        Map<TopicPartitionId, Optional<DeliveryOffset>> found = new HashMap<>();
        partitions.forEach(partition -> found.put(partition, Optional.empty()));
        offsets.deliveries(sink).forEach(offset -> {
            found.computeIfPresent(
                    new TopicPartitionId(offset.topic(), offset.partition()), (id, none) -> Optional.of(offset));
        });
        return found;
    }

    /** Notes which topics the offsets of partitions count in, where that was not known. */
    void topics(Map<TopicPartitionId, UUID> ids) {
        if (!ids.isEmpty()) {
            offsets.topics(sink, ids);
        }
    }

    /** Notes steps; stored within 25 ms, by {@link #flushDue} before a poll that waits no longer than {@link #patience}. */
    void advance(List<Advance> steps) {
        if (pending.isEmpty()) {
            pendingSince = System.nanoTime();
        }
        for (Advance step : steps) {
            pending.merge(step.partition(), step, DeliveryOffsets::joined);
        }
    }

    /** Returns how long a poll may wait, at most as long as it would like to. */
    Duration patience(Duration wish) {
        return pending.isEmpty() || wish.toNanos() <= GATHER_NANOS ? wish : Duration.ofNanos(GATHER_NANOS);
    }

    /** Stores what has been noted for long enough. */
    void flushDue() {
        if (!pending.isEmpty() && System.nanoTime() - pendingSince >= GATHER_NANOS) {
            flush();
        }
    }

    private static Advance joined(Advance first, Advance second) {
        boolean empty = second.lastPosition() == null;
        return new Advance(
                second.partition(),
                first.expectedOffset(),
                first.rewinds(),
                second.nextOffset(),
                empty ? first.lastPosition() : second.lastPosition(),
                empty ? first.committedAt() : second.committedAt(),
                first.events() + second.events());
    }

    /** Stores what is not stored yet; after a failure not before half a second has passed. */
    void flush() {
        if (pending.isEmpty() || failing && System.nanoTime() - failedAt < RETRY_NANOS) {
            return;
        }
        try {
            moved.addAll(offsets.advance(sink, new ArrayList<>(pending.values())));
            pending.clear();
            failing = false;
        } catch (DataAccessException e) {
            if (!failing) {
                log.warn("How far {} is cannot be stored; tried again until it can: {}", sink, e.getMessage());
            }
            failing = true;
            failedAt = System.nanoTime();
        }
    }

    /** Returns partitions whose stored offset another worker or a person moved meanwhile; each once. */
    Set<TopicPartitionId> takeMoved() {
        if (moved.isEmpty()) {
            return Set.of();
        }
        Set<TopicPartitionId> taken = Set.copyOf(moved);
        moved.clear();
        return taken;
    }

    /** Forgets what was not stored, of partitions that are another's now. */
    void drop(Collection<TopicPartitionId> partitions) {
        pending.keySet().removeAll(partitions);
        moved.removeAll(partitions);
    }

    void waiting(Collection<TopicPartitionId> partitions, String reason) {
        try {
            offsets.waiting(sink, partitions, reason);
        } catch (DataAccessException e) {
            log.debug("What {} waits for cannot be noted: {}", sink, e.getMessage());
        }
    }
}
