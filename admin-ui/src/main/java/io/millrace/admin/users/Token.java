package io.millrace.admin.users;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** An API token, without its secret. */
record Token(
        long id,
        String user,
        String label,
        Instant createdAt,
        @Nullable Instant lastUsedAt) {}
