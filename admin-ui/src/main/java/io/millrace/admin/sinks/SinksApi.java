package io.millrace.admin.sinks;

import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.SinkBinding;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;

/** {@code /sinks}: what tables can go to, how far it is, and pausing, resuming and rewinding one table there. */
@Api
@RequestMapping("/api/v1/sinks")
class SinksApi {

    private final Sinks sinks;
    private final Bindings bindings;
    private final Deliveries deliveries;
    private final LagSampler lag;
    private final PipelineCatalog catalog;

    SinksApi(Sinks sinks, Bindings bindings, Deliveries deliveries, LagSampler lag, PipelineCatalog catalog) {
        this.sinks = sinks;
        this.bindings = bindings;
        this.deliveries = deliveries;
        this.lag = lag;
        this.catalog = catalog;
    }

    /** A sink with how many tables go there, and how many records wait; null where Kafka did not answer. */
    record SinkView(
            String name,
            String title,
            long tables,
            @Nullable Long records,
            @Nullable String waitingFor) {}

    record BindingView(
            String sink,
            long table,
            BindingState state,
            @Nullable String message,
            Instant stateSince) {
        static BindingView of(SinkBinding binding) {
            return new BindingView(
                    binding.sink(), binding.tableId(), binding.state(), binding.message(), binding.stateSince());
        }
    }

    @GetMapping
    Items<SinkView> sinks() {
        List<SinkLag> lags = lag.latest().sinks();
        var tables = catalog.tables();
        return Items.all(sinks.all().stream()
                .map(sink -> {
                    List<SinkLag> own = lags.stream()
                            .filter(one -> one.sink().equals(sink.name()))
                            .toList();
                    boolean known = own.stream().allMatch(one -> one.records() != null);
                    long waiting = own.stream()
                            .map(SinkLag::records)
                            .filter(Objects::nonNull)
                            .mapToLong(Long::longValue)
                            .sum();
                    return new SinkView(
                            sink.name(),
                            sink.title(),
                            tables.stream()
                                    .flatMap(table -> table.sinks().stream())
                                    .filter(binding -> binding.sink().equals(sink.name()))
                                    .count(),
                            known ? (Long) waiting : null,
                            own.stream()
                                    .map(SinkLag::waitingFor)
                                    .filter(Objects::nonNull)
                                    .findFirst()
                                    .orElse(null));
                })
                .toList());
    }

    @GetMapping("/{sink}/tables/{table}")
    Delivery show(@PathVariable String sink, @PathVariable long table) {
        return deliveries.of(sink, table);
    }

    @PostMapping("/{sink}/tables/{table}/pause")
    BindingView pause(@PathVariable String sink, @PathVariable long table, Principal caller) {
        return BindingView.of(bindings.pause(sink, table, caller.getName()));
    }

    @PostMapping("/{sink}/tables/{table}/resume")
    BindingView resume(@PathVariable String sink, @PathVariable long table, Principal caller) {
        return BindingView.of(bindings.resume(sink, table, caller.getName()).binding());
    }

    /** Where to rewind to: {@code beginning}, a time with its zone, a commit LSN or an event id. */
    record Rewind(@Nullable String to) {}

    /** What was moved, and how many records are delivered again. */
    record Rewound(long records, List<Rewinds.Moved> partitions) {}

    @PostMapping("/{sink}/tables/{table}/rewind")
    Rewound rewind(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestBody(required = false) @Nullable Rewind body,
            Principal caller) {
        RewindTarget target = RewindTarget.parse(body == null ? null : body.to());
        List<Rewinds.Moved> moved = bindings.rewind(sink, table, target, caller.getName());
        return new Rewound(moved.stream().mapToLong(Rewinds.Moved::again).sum(), moved);
    }
}
