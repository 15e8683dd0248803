package io.millrace.admin.tables;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.swagger.v3.oas.annotations.media.Schema;
import java.net.URI;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;

/** {@code /tables/{t}/snapshots}. */
@Api
@RequestMapping("/api/v1/tables/{table}/snapshots")
class SnapshotsApi {

    private static final int LATEST = 100;

    private final SnapshotLife life;

    SnapshotsApi(SnapshotLife life) {
        this.life = life;
    }

    record Wanted(
            @Schema(
                    description = "An SQL condition on the rows, checked by the source; absent for all rows",
                    example = "status = 'open'")
            @Nullable
            String filter) {}

    @GetMapping
    Items<SnapshotView> list(@PathVariable long table) {
        return Items.all(life.list(table, LATEST).stream().map(SnapshotView::of).toList());
    }

    @PostMapping
    ResponseEntity<SnapshotView> request(
            @PathVariable long table, @RequestBody(required = false) @Nullable Wanted wanted, Principal caller) {
        SnapshotView view =
                SnapshotView.of(life.request(table, wanted == null ? null : wanted.filter(), caller.getName()));
        return ResponseEntity.created(URI.create("/api/v1/tables/" + table + "/snapshots/" + view.id()))
                .body(view);
    }

    @GetMapping("/{id}")
    SnapshotView show(@PathVariable long table, @PathVariable long id) {
        return SnapshotView.of(life.find(table, id));
    }

    @PostMapping("/{id}/pause")
    SnapshotView pause(@PathVariable long table, @PathVariable long id, Principal caller) {
        return SnapshotView.of(life.pause(table, id, caller.getName()));
    }

    @PostMapping("/{id}/resume")
    SnapshotView resume(@PathVariable long table, @PathVariable long id) {
        return SnapshotView.of(life.resume(table, id));
    }

    @PostMapping("/{id}/cancel")
    SnapshotView cancel(@PathVariable long table, @PathVariable long id, Principal caller) {
        return SnapshotView.of(life.cancel(table, id, caller.getName()));
    }
}
