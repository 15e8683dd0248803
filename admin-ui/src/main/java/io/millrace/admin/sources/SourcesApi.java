package io.millrace.admin.sources;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceTable;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;

/** {@code /sources}. A password goes in and never comes out. */
@Api
@RequestMapping("/api/v1/sources")
class SourcesApi {

    private final SourceRegister register;
    private final SourceRemoval removal;

    SourcesApi(SourceRegister register, SourceRemoval removal) {
        this.register = register;
        this.removal = removal;
    }

    record NewSource(
            @NotBlank String name,
            @NotBlank String host,
            @Nullable Integer port,
            @NotBlank String database,
            @NotBlank String username,
            @Nullable String password,
            @Nullable String sslMode) {

        /** Leaves the password out. */
        @Override
        public String toString() {
            return name + " (" + username + "@" + host + "/" + database + ")";
        }
    }

    /** What is left out stays as it is. */
    record Connection(
            @Nullable String host,
            @Nullable Integer port,
            @Nullable String database,
            @Nullable String username,
            @Nullable String password,
            @Nullable String sslMode) {

        /** Leaves the password out. */
        @Override
        public String toString() {
            return username + "@" + host + "/" + database;
        }
    }

    record SourceView(
            String name,
            String host,
            int port,
            String database,
            String username,
            String sslMode,
            String slot,
            String publication,
            int epoch,
            SourceState state,
            @Nullable String message,
            Instant stateSince) {

        static SourceView of(Source source) {
            return new SourceView(
                    source.name(),
                    source.host(),
                    source.port(),
                    source.database(),
                    source.username(),
                    source.sslMode(),
                    source.slot(),
                    source.publication(),
                    source.epoch(),
                    source.state(),
                    source.message(),
                    source.stateSince());
        }
    }

    record Preflight(boolean pass, List<Finding> findings) {}

    record HeldTable(
            String schema,
            String table,
            SourceTable.Kind kind,
            List<String> keyColumns,
            ReplicaIdentity replicaIdentity,
            boolean identityUsable,
            @Nullable Long estimatedRows,
            long bytes,
            @Nullable Long registeredAs) {}

    @GetMapping
    Items<SourceView> list() {
        return Items.all(register.all().stream().map(SourceView::of).toList());
    }

    @GetMapping("/{name}")
    SourceView show(@PathVariable String name) {
        return SourceView.of(register.find(name));
    }

    @PostMapping
    @ResponseStatus(HttpStatus.CREATED)
    SourceView add(@Valid @RequestBody NewSource wanted, Principal caller) {
        Integer port = wanted.port();
        String password = wanted.password();
        String sslMode = wanted.sslMode();
        return SourceView.of(register.add(
                wanted.name(),
                wanted.host(),
                port == null ? 5432 : port,
                wanted.database(),
                wanted.username(),
                password == null ? "" : password,
                sslMode == null ? "prefer" : sslMode,
                caller.getName()));
    }

    /** Changes how a source is reached, for example after its password was changed there; refused where it could not be captured so. */
    @PatchMapping("/{name}")
    SourceView change(@PathVariable String name, @RequestBody Connection wanted) {
        Source present = register.find(name);
        Integer port = wanted.port();
        return SourceView.of(register.change(
                name,
                given(wanted.host(), present.host()),
                port == null ? present.port() : port,
                given(wanted.database(), present.database()),
                given(wanted.username(), present.username()),
                wanted.password(),
                given(wanted.sslMode(), present.sslMode())));
    }

    private static String given(@Nullable String wanted, String present) {
        return wanted == null ? present : wanted;
    }

    /** @param leftAtTheSource SQL for the DBA where slot and publications could not be dropped; empty where nothing is left */
    record Removed(String name, List<String> leftAtTheSource) {}

    /** Takes a source out whose tables are removed, and drops its slot and publications. Its topics and its history stay. */
    @DeleteMapping("/{name}")
    Removed remove(@PathVariable String name) {
        return new Removed(name, removal.remove(name));
    }

    @GetMapping("/{name}/preflight")
    Preflight preflight(@PathVariable String name) {
        List<Finding> findings = register.check(register.find(name));
        return new Preflight(Finding.pass(findings), findings);
    }

    @GetMapping("/{name}/tables")
    Items<HeldTable> tables(@PathVariable String name) {
        Source source = register.find(name);
        var ids = register.registered(source);
        return Items.all(register.held(source).stream()
                .map(table -> new HeldTable(
                        table.table().schema(),
                        table.table().table(),
                        table.kind(),
                        table.keyColumns(),
                        table.identity(),
                        table.identityUsable(),
                        table.estimatedRows() < 0 ? null : (Long) table.estimatedRows(),
                        table.bytes(),
                        ids.get(table.table())))
                .toList());
    }
}
