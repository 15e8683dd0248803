/**
 * What a sink is: told what to write, it says how it went. Knows neither Kafka nor retries nor dead letters: those are delivery's.
 */
@NullMarked
package io.millrace.sync.sink;

import org.jspecify.annotations.NullMarked;
