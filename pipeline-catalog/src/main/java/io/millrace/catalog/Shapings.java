package io.millrace.catalog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What sinks get of tables, as declared; the text is that of {@link io.millrace.catalog.shaping.Shaping}. Bindings carry the one in force
 * ({@link SinkBinding#shaping()}). Every call is one transaction; thread-safe.
 */
public interface Shapings {

    /**
     * Declares what a sink gets of a table from now on, checked by the caller.
     *
     * @param json the shaping, or null for everything as it is
     * @param expectedVersion the version that the caller has seen
     * @return the new version, or -1 if another came in between: then nothing was changed
     */
    int declare(long tableId, String sink, @Nullable String json, int expectedVersion, String by);

    /** Returns all versions of one binding, newest first. */
    List<Declared> versions(long tableId, String sink);

    /** Returns the installation's masking key; made when first asked for. */
    MaskingKey maskingKey();

    /**
     * A version.
     *
     * @param json null for everything as it is
     * @param by user name
     */
    record Declared(int version, @Nullable String json, String by, Instant at) {}
}
