package io.millrace.admin.shaping;

import io.millrace.admin.deadletters.LetterMasks;
import io.millrace.admin.sinks.Sink;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.SnapshotState;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.ShapedFor;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingCheck;
import io.millrace.catalog.shaping.ShapingFinding;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** What people declare, checked before it is saved. */
@Component
class Declarations {

    /** A table and one of its sinks. */
    record Place(CapturedTable table, SinkBinding binding) {

        boolean history() {
            return binding.sink().equals(Sink.AUDIT);
        }

        Shaping shaping() {
            String json = binding.shaping();
            return json == null ? Shaping.NONE : Shaping.parse(json);
        }
    }

    private final PipelineCatalog catalog;
    private final Shapings shapings;
    private final LetterMasks letters;

    Declarations(PipelineCatalog catalog, Shapings shapings, LetterMasks letters) {
        this.catalog = catalog;
        this.shapings = shapings;
        this.letters = letters;
    }

    Place place(String sink, long tableId) {
        CapturedTable table = catalog.table(tableId)
                .orElseThrow(
                        () -> Problem.notFound("Table", "There is no registered table with the id " + tableId + "."));
        SinkBinding binding = table.sinks().stream()
                .filter(one -> one.sink().equals(sink))
                .findFirst()
                .orElseThrow(() ->
                        Problem.notFound("Binding", table.table() + " does not go to a sink named " + sink + "."));
        return new Place(table, binding);
    }

    ShapingView view(Place place) {
        return view(place, List.of(), null);
    }

    private ShapingView view(Place place, List<ShapingFinding> warnings, @Nullable Long snapshot) {
        List<Shapings.Declared> versions =
                shapings.versions(place.table().id(), place.binding().sink());
        Shapings.Declared last = versions.isEmpty() ? null : versions.get(0);
        return new ShapingView(
                place.binding().sink(),
                place.table().id(),
                place.binding().shapingVersion(),
                place.shaping(),
                last == null ? null : last.by(),
                last == null ? null : last.at(),
                warnings,
                snapshot);
    }

    List<ShapingFinding> check(Place place, Shaping shaping) {
        return ShapingCheck.of(
                shaping, place.table(), ShapedFor.of(place.binding().sink()));
    }

    /**
     * Saves a shaping, if nothing stands in the way. Returns when it holds for every change that is committed from then on, and what it
     * masks is masked in the dead letters too.
     *
     * @param version the version that the caller has seen; null for any
     * @param reread whether all rows are to be read again, to bring in line what the sink has
     * @throws Problem with the findings, or because another was saved in between
     */
    ShapingView save(Place place, Shaping shaping, @Nullable Integer version, boolean reread, String by) {
        List<ShapingFinding> findings = check(place, shaping);
        List<ShapingFinding> errors =
                findings.stream().filter(ShapingFinding::isError).toList();
        if (!errors.isEmpty()) {
            ShapingFinding first = errors.get(0);
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The shaping cannot be saved",
                            (errors.size() == 1 ? "" : errors.size() + " things stand in the way. The first: ")
                                    + where(first)
                                    + first.problem())
                    .with("findings", findings);
        }
        if (reread) {
            readable(place);
        }
        int made = shapings.declare(
                place.table().id(),
                place.binding().sink(),
                shaping.changesNothing() ? null : shaping.toJson(),
                version == null ? place.binding().shapingVersion() : version,
                by);
        if (made < 0) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Changed in between",
                    "Somebody else changed what " + place.binding().sink() + " gets of "
                            + place.table().table() + ". Look at it as it is now, then change it again.");
        }
        awaitHold();
        Long snapshot;
        try {
            snapshot = reread ? (Long) catalog.readAnew(place.table().id(), by).id() : null;
        } finally {
            // it is saved: neither hinders the other
            letters.apply();
        }
        return view(place(place.binding().sink(), place.table().id()), findings, snapshot);
    }

    private static void awaitHold() {
        try {
            Thread.sleep(Shapings.HOLDS_AFTER.toMillis());
        } catch (InterruptedException e) {
            // saved all the same
            Thread.currentThread().interrupt();
        }
    }

    private static String where(ShapingFinding finding) {
        String line = finding.line() == null ? "" : ", line " + finding.line() + ", column " + finding.column();
        return finding.at().isEmpty() ? "" : finding.at() + line + ": ";
    }

    /** A reading that runs has read rows that were shaped as before. */
    private void readable(Place place) {
        boolean runs = catalog.snapshot(place.table().id())
                .filter(last -> last.state() == SnapshotState.RUNNING)
                .isPresent();
        if (runs || place.table().state() != TableState.STREAMING) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Not in this state",
                    "The rows of " + place.table().table() + " cannot be read again now: "
                            + (runs
                                    ? "they are being read. Save with it once that is done."
                                    : "the table is not streaming. Save without it, and read them again later."));
        }
    }
}
