package io.millrace.admin.tables;

import io.millrace.admin.web.Notice;
import io.millrace.admin.web.Page;
import io.millrace.admin.web.Problem;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.servlet.mvc.support.RedirectAttributes;

/** The forms about snapshots on a table's page. */
@Page
@RequestMapping("/tables/{table}/snapshots")
class SnapshotPages {

    private final SnapshotLife life;

    SnapshotPages(SnapshotLife life) {
        this.life = life;
    }

    @PostMapping
    String request(
            @PathVariable long table,
            @RequestParam @Nullable String filter,
            Principal user,
            RedirectAttributes redirect) {
        return told(
                table,
                redirect,
                filter == null || filter.isBlank()
                        ? "All rows are being read again, while changes go on flowing."
                        : "The rows that meet the filter are being read again, while changes go on flowing.",
                () -> life.request(table, filter, user.getName()));
    }

    @PostMapping("/{id}/pause")
    String pause(@PathVariable long table, @PathVariable long id, Principal user, RedirectAttributes redirect) {
        return told(
                table,
                redirect,
                "The snapshot is paused; changes go on flowing.",
                () -> life.pause(table, id, user.getName()));
    }

    @PostMapping("/{id}/resume")
    String resume(@PathVariable long table, @PathVariable long id, RedirectAttributes redirect) {
        return told(table, redirect, "The snapshot goes on where it stopped.", () -> life.resume(table, id));
    }

    @PostMapping("/{id}/cancel")
    String cancel(@PathVariable long table, @PathVariable long id, Principal user, RedirectAttributes redirect) {
        return told(
                table,
                redirect,
                "The snapshot is cancelled; what was read stays read.",
                () -> life.cancel(table, id, user.getName()));
    }

    private static String told(long table, RedirectAttributes redirect, String done, Runnable work) {
        try {
            work.run();
            Notice.done(redirect, done);
        } catch (Problem refused) {
            Notice.refused(redirect, refused.detail());
        }
        return "redirect:/tables/" + table;
    }
}
