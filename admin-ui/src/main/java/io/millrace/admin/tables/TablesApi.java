package io.millrace.admin.tables;

import io.millrace.admin.lag.LagSampler;
import io.millrace.admin.lag.SinkLag;
import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.TableRelations;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.TableId;
import io.swagger.v3.oas.annotations.media.Schema;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import java.net.URI;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;

/** {@code /tables}. */
@Api
@RequestMapping("/api/v1/tables")
class TablesApi {

    private final PipelineCatalog catalog;
    private final Registrations registrations;
    private final TableLife life;
    private final SnapshotLife snapshots;
    private final LagSampler lag;

    TablesApi(
            PipelineCatalog catalog,
            Registrations registrations,
            TableLife life,
            SnapshotLife snapshots,
            LagSampler lag) {
        this.catalog = catalog;
        this.registrations = registrations;
        this.life = life;
        this.snapshots = snapshots;
        this.lag = lag;
    }

    record Registration(
            @NotBlank String source,
            @NotBlank String schema,
            @NotBlank String table,
            @NotEmpty List<String> sinks,

            @Schema(
                    description =
                            "What sinks get of it from the first row on, by sink; the others get everything as it is")
            @Nullable
            Map<String, Shaping> shapings) {}

    record BindingView(
            String sink,
            BindingState state,
            @Nullable String message,
            @Nullable Long records,
            @Nullable Double seconds) {}

    record TableView(
            long id,
            String source,
            String schema,
            String table,
            String topic,
            TableState state,
            @Nullable String message,
            Instant stateSince,
            List<String> keyColumns,
            List<Column> columns,
            int schemaVersion,
            ReplicaIdentity replicaIdentity,
            String registeredBy,
            Instant registeredAt,
            List<BindingView> sinks,
            @Nullable SnapshotView snapshot,
            @Nullable String nameAtSource,
            boolean rereadPending) {}

    @GetMapping
    Items<TableView> list(
            @RequestParam @Nullable String source,
            @RequestParam @Nullable String schema,
            @RequestParam @Nullable String table) {
        return Items.all(catalog.tables().stream()
                .filter(one -> source == null || one.source().equals(source))
                .filter(one -> schema == null || one.table().schema().equals(schema))
                .filter(one -> table == null || one.table().table().equals(table))
                .map(this::view)
                .toList());
    }

    @PostMapping
    ResponseEntity<TableView> register(@Valid @RequestBody Registration wanted, Principal caller) {
        CapturedTable table = registrations.register(
                wanted.source(),
                new TableId(wanted.schema(), wanted.table()),
                wanted.sinks(),
                wanted.shapings() == null ? Map.of() : wanted.shapings(),
                caller.getName());
        return ResponseEntity.created(URI.create("/api/v1/tables/" + table.id()))
                .body(view(life.awaitTakenUp(table.id())));
    }

    @GetMapping("/{id}")
    TableView show(@PathVariable long id) {
        return view(life.find(id));
    }

    @GetMapping("/{id}/schemas")
    Items<SchemaVersion> schemas(@PathVariable long id) {
        return Items.all(SchemaVersion.of(catalog.schemas(life.find(id).id())));
    }

    @PostMapping("/{id}/pause")
    TableView pause(@PathVariable long id, Principal caller) {
        return view(life.pause(id, caller.getName()));
    }

    @PostMapping("/{id}/resume")
    TableView resume(@PathVariable long id, Principal caller) {
        return view(life.resume(id, caller.getName()));
    }

    @DeleteMapping("/{id}")
    @ResponseStatus(HttpStatus.ACCEPTED)
    TableView remove(@PathVariable long id) {
        return view(life.remove(id));
    }

    private TableView view(CapturedTable table) {
        List<SinkLag> lags = lag.latest().of(table.id());
        List<BindingView> bindings = table.sinks().stream()
                .map(binding -> {
                    SinkLag measured = lags.stream()
                            .filter(one -> one.sink().equals(binding.sink()))
                            .findFirst()
                            .orElse(null);
                    return new BindingView(
                            binding.sink(),
                            binding.state(),
                            binding.message(),
                            measured == null ? null : measured.records(),
                            measured == null ? null : measured.seconds());
                })
                .toList();
        Optional<TableRelations.Relation> relation = catalog.relations().find(table.id());
        return new TableView(
                table.id(),
                table.source(),
                table.table().schema(),
                table.table().table(),
                table.topic(),
                table.state(),
                table.message(),
                table.stateSince(),
                table.keyColumns(),
                table.columns(),
                table.schemaVersion(),
                table.replicaIdentity(),
                table.registeredBy(),
                table.registeredAt(),
                bindings,
                snapshots.current(table.id()).map(SnapshotView::of).orElse(null),
                relation.map(TableRelations.Relation::renamedTo)
                        .map(TableId::toString)
                        .orElse(null),
                relation.map(TableRelations.Relation::rereadReason).isPresent());
    }
}
