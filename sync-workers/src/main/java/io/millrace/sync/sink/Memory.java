package io.millrace.sync.sink;

import java.time.Duration;

/**
 * What a sink knows of changes that it was given, and forgets in the end: given older ones again, it would go wrong.
 *
 * @param time for how long, from when a change was given
 * @param of what is remembered, in words: "deleted rows"
 * @param setting that says so
 */
public record Memory(Duration time, String of, String setting) {}
