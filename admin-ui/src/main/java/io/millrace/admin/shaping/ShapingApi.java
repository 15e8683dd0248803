package io.millrace.admin.shaping;

import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingFinding;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;

/** {@code /sinks/{sink}/tables/{table}/shaping}: what the sink gets of the table. For operators and administrators only. */
@Api
@RequestMapping("/api/v1/sinks/{sink}/tables/{table}/shaping")
class ShapingApi {

    private static final int MOST = 50;

    private final Declarations declarations;
    private final Previews previews;

    ShapingApi(Declarations declarations, Previews previews) {
        this.declarations = declarations;
        this.previews = previews;
    }

    @Operation(summary = "What the sink gets of the table")
    @GetMapping
    ShapingView show(@PathVariable String sink, @PathVariable long table) {
        return declarations.view(declarations.place(sink, table));
    }

    @Operation(
            summary = "Declare what the sink gets of the table from now on",
            description =
                    "Rows that the sink has already stay as they are until the table's rows are read again; reread=true asks for"
                            + " that. What the history recorded before stays as it was recorded. With version the request is refused if"
                            + " another declaration came in between.")
    @ApiResponse(responseCode = "200", description = "Saved")
    @ApiResponse(
            responseCode = "422",
            description = "It does not fit the table; the member findings says where and why, and nothing was changed",
            content = @io.swagger.v3.oas.annotations.media.Content(mediaType = "application/problem+json"))
    @ApiResponse(
            responseCode = "409",
            description =
                    "Another declaration came in between, or the rows cannot be read again now; nothing was changed",
            content = @io.swagger.v3.oas.annotations.media.Content(mediaType = "application/problem+json"))
    @PutMapping
    ShapingView save(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestBody Shaping shaping,
            @RequestParam @Nullable Integer version,
            @RequestParam(defaultValue = "false") boolean reread,
            Principal caller) {
        return declarations.save(declarations.place(sink, table), shaping, version, reread, caller.getName());
    }

    @Operation(summary = "Give the sink everything as it is, from now on")
    @DeleteMapping
    ShapingView remove(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestParam @Nullable Integer version,
            @RequestParam(defaultValue = "false") boolean reread,
            Principal caller) {
        return declarations.save(declarations.place(sink, table), Shaping.NONE, version, reread, caller.getName());
    }

    @Operation(summary = "Check a shaping without saving it")
    @PostMapping("/check")
    Items<ShapingFinding> check(@PathVariable String sink, @PathVariable long table, @RequestBody Shaping shaping) {
        return Items.all(declarations.check(declarations.place(sink, table), shaping));
    }

    @Operation(
            summary = "Try a shaping on the table's newest changes",
            description =
                    "Answers for each what the sink would get, or why it would get nothing. Saves nothing. What any sink of the"
                            + " table has masked stays hidden, whatever the tried shaping says.")
    @PostMapping("/preview")
    Preview preview(
            @PathVariable String sink,
            @PathVariable long table,
            @RequestBody Shaping shaping,
            @RequestParam(defaultValue = "20") int limit) {
        Declarations.Place place = declarations.place(sink, table);
        return previews.of(place.table(), place.binding(), shaping, Items.limit(limit, MOST));
    }
}
