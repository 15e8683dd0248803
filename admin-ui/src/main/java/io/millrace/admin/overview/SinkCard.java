package io.millrace.admin.overview;

import io.millrace.admin.lag.LagSample;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.sinks.Sink;
import io.millrace.catalog.BindingState;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One sink in the drawing of the flow.
 *
 * @param records behind in all tables; null where unknown
 * @param seconds the largest lag
 */
record SinkCard(
        Sink sink,
        int tables,
        @Nullable Long records,
        @Nullable Double seconds,
        double rate,
        String word,
        String tone) {

    static SinkCard of(Sink sink, LagSample sample, Rates rates) {
        List<SinkLag> lags = sample.sinks().stream()
                .filter(lag -> lag.sink().equals(sink.name()))
                .toList();
        List<SinkLag> active =
                lags.stream().filter(lag -> lag.state() != BindingState.PAUSED).toList();
        boolean known = active.stream().allMatch(lag -> lag.records() != null);
        long records = active.stream()
                .map(SinkLag::records)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sum();
        long failed = active.stream()
                .filter(lag -> lag.state() == BindingState.FAILED)
                .count();
        long waiting = active.stream().filter(lag -> lag.waitingFor() != null).count();
        String word;
        String tone;
        if (lags.isEmpty()) {
            word = "no table yet";
            tone = "idle";
        } else if (failed > 0) {
            word = failed + (failed == 1 ? " table failed" : " tables failed");
            tone = "bad";
        } else if (waiting > 0) {
            word = waiting + (waiting == 1 ? " table waits" : " tables wait");
            tone = "warn";
        } else if (active.isEmpty()) {
            word = "paused";
            tone = "idle";
        } else if (!known) {
            word = "unknown";
            tone = "idle";
        } else {
            boolean behind = active.stream().anyMatch(SinkLag::behind);
            word = behind ? "catching up" : "current";
            tone = behind ? "run" : "ok";
        }
        Double seconds = active.stream()
                .map(SinkLag::seconds)
                .filter(Objects::nonNull)
                .max(Comparator.naturalOrder())
                .orElse(null);
        return new SinkCard(
                sink, lags.size(), known ? (Long) records : null, seconds, rates.sink(sink.name()), word, tone);
    }
}
