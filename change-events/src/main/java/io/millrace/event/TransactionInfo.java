package io.millrace.event;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The transaction that a change was made in.
 *
 * @param id PostgreSQL's 32-bit transaction id, unsigned; null for a snapshot read
 * @param committedAt when it was committed, by the source's clock; for a snapshot read when the row was read
 * @param actor who did it, as JSON text, where the application said so with
 *     {@code pg_logical_emit_message(true, 'millrace.actor', json)}; else null
 */
public record TransactionInfo(
        @Nullable Long id, Instant committedAt, @Nullable String actor) {}
