package io.millrace.catalog;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A sink that workers run, as pages show it.
 *
 * @param name in bindings, metrics and offsets
 * @param title as people write it
 * @param purpose what it is for, a sentence; may be empty
 * @param needsKey whether it tells rows apart, and so takes only tables with a key
 * @param memory how far back a rewind may go; null for as far as Kafka holds changes
 */
public record SinkDescription(
        String name,
        String title,
        String purpose,
        boolean needsKey,
        @Nullable Memory memory) {

    /**
     * What a sink forgets.
     *
     * @param time after which, in whole seconds
     * @param of what, in words: "deleted rows"
     * @param setting of the workers that says so
     */
    public record Memory(Duration time, String of, String setting) {}

    /** Describes a sink that forgets nothing. */
    public SinkDescription(String name, String title, String purpose, boolean needsKey) {
        this(name, title, purpose, needsKey, null);
    }
}
