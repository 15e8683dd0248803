package io.millrace.admin.lag;

import io.millrace.admin.web.Api;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;

/** {@code /lag}: how far capture and every sink are behind. Unknown is null, never 0. */
@Api
class LagApi {

    private final LagSampler sampler;

    LagApi(LagSampler sampler) {
        this.sampler = sampler;
    }

    record Lag(@Nullable Instant sampledAt, List<Capture> capture, List<Delivery> sinks) {}

    record Capture(
            String source, @Nullable Long bytes, @Nullable Double seconds) {}

    record Delivery(
            String sink,
            String source,
            String schema,
            String table,
            @Nullable Long records,
            @Nullable Double seconds,
            String state) {}

    @GetMapping("/api/v1/lag")
    Lag lag() {
        LagSample sample = sampler.latest();
        return new Lag(
                sample.at(),
                sample.captures().stream()
                        .map(capture -> new Capture(capture.source().name(), capture.bytes(), capture.seconds()))
                        .toList(),
                sample.sinks().stream()
                        .map(sink -> new Delivery(
                                sink.sink(),
                                sink.source(),
                                sink.table().schema(),
                                sink.table().table(),
                                sink.records(),
                                sink.seconds(),
                                sink.state().name()))
                        .toList());
    }
}
