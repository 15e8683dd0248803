package io.millrace.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What sinks get of tables, as declared; the text is that of {@link io.millrace.catalog.shaping.Shaping}. Bindings carry the one in force
 * ({@link SinkBinding#shaping()}). Every call is one transaction; thread-safe.
 */
public interface Shapings {

    /**
     * How long after {@link #declare} a declaration holds for every change that is committed from then on. Workers deliver nothing by a
     * catalog that they asked longer ago than this, so they need not be told, nor be known, for masks to hold.
     */
    Duration HOLDS_AFTER = Duration.ofSeconds(2);

    /**
     * Declares what a sink gets of a table, checked by the caller. Whoever tells a person that it holds waits for {@link #HOLDS_AFTER}.
     *
     * @param json the shaping, or null for everything as it is
     * @param expectedVersion the version that the caller has seen
     * @return the new version, or -1 if another came in between: then nothing was changed
     */
    int declare(long tableId, String sink, @Nullable String json, int expectedVersion, String by);

    /** Returns all versions of one binding, newest first. */
    List<Declared> versions(long tableId, String sink);

    /** Returns the columns that a table had when a version was declared; empty where there is no such version. */
    List<Column> columnsWhenDeclared(long tableId, String sink, int version);

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
