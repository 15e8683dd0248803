package io.millrace.admin.tables;

import io.millrace.admin.sinks.FormerKeys;
import io.millrace.admin.sinks.Sink;
import io.millrace.admin.sinks.Sinks;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.TableState;
import io.millrace.catalog.options.OptionsCheck;
import io.millrace.catalog.options.RedisOptions;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourcePreflight;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.catalog.preflight.TablePreflight;
import io.millrace.catalog.shaping.ShapedFor;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.catalog.shaping.ShapingCheck;
import io.millrace.catalog.shaping.ShapingFinding;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Registers tables: checks each against its source first, and changes nothing when something stands in the way. */
@Component
class Registrations {

    private final PipelineCatalog catalog;
    private final Sinks sinks;
    private final FormerKeys formerKeys;
    private final SourceTables sourceTables = new SourceTables();
    private final SourcePreflight sourcePreflight = new SourcePreflight();
    private final TablePreflight tablePreflight = new TablePreflight();

    Registrations(PipelineCatalog catalog, Sinks sinks, FormerKeys formerKeys) {
        this.catalog = catalog;
        this.sinks = sinks;
        this.formerKeys = formerKeys;
    }

    /**
     * What the checks of one table said.
     *
     * @param described null where the source does not hold it
     */
    record Checked(TableId table, @Nullable SourceTable described, List<Finding> findings, boolean registered) {

        public boolean refused() {
            return registered || !Finding.pass(findings);
        }

        public boolean needsKeyOnly() {
            return !registered
                    && described != null
                    && findings.stream().filter(Finding::isError).allMatch(finding -> finding.code()
                            .equals("no-key"));
        }
    }

    /** Returns the source, or a problem that says which there are. */
    Source source(String name) {
        return catalog.source(name).orElseThrow(() -> {
            List<String> known = catalog.sources().stream().map(Source::name).toList();
            return Problem.notFound(
                    "Source",
                    "There is no source named '" + name + "'. "
                            + (known.isEmpty()
                                    ? "None is registered yet."
                                    : "Registered are: " + String.join(", ", known) + "."));
        });
    }

    /** Returns what the source's catalog holds. */
    List<SourceTable> held(Source source) {
        try (Connection connection = SourceConnection.open(source, "millrace-admin")) {
            return sourceTables.list(connection);
        } catch (SQLException e) {
            throw unreachable(SourceConnection.refused(source, e));
        }
    }

    private static Problem unreachable(Finding finding) {
        return new Problem(HttpStatus.SERVICE_UNAVAILABLE, "The source does not answer", finding.text())
                .with("findings", List.of(FindingView.of(finding)));
    }

    /** Checks tables over one connection. */
    List<Checked> check(Source source, List<TableId> tables, Set<String> chosen) {
        boolean needsKey = needsKey(chosen);
        try (Connection connection = SourceConnection.open(source, "millrace-preflight")) {
            List<Checked> checked = new ArrayList<>();
            for (TableId table : tables) {
                checked.add(new Checked(
                        table,
                        sourceTables.find(connection, table).orElse(null),
                        tablePreflight.check(connection, source, table, needsKey),
                        catalog.table(source.name(), table).isPresent()));
            }
            return checked;
        } catch (SQLException e) {
            throw unreachable(SourceConnection.refused(source, e));
        }
    }

    private boolean needsKey(Set<String> chosen) {
        return chosen.stream().flatMap(name -> sinks.find(name).stream()).anyMatch(Sink::needsKey);
    }

    /** Registers one table, everything as it is. */
    CapturedTable register(String sourceName, TableId table, List<String> wantedSinks, String by) {
        return register(sourceName, table, wantedSinks, Map.of(), by);
    }

    /**
     * Registers one table.
     *
     * @param shapings what sinks get of it from the first row on, by sink
     * @throws Problem 404 without such a source or table, 409 when it is registered, 422 with findings and SQL when a check fails, 503
     *     when the source does not answer
     */
    CapturedTable register(
            String sourceName, TableId table, List<String> wantedSinks, Map<String, Shaping> shapings, String by) {
        Source source = source(sourceName);
        Set<String> chosen = known(wantedSinks);
        Optional<CapturedTable> present = catalog.table(sourceName, table);
        if (present.isPresent()) {
            throw taken(present.get());
        }
        Checked checked;
        List<Finding> findings;
        try (Connection connection = SourceConnection.open(source, "millrace-preflight")) {
            findings = new ArrayList<>(tablePreflight.check(connection, source, table, needsKey(chosen)));
            if (findings.stream().noneMatch(finding -> finding.code().equals("no-table"))) {
                findings.addAll(0, sourcePreflight.check(connection, source));
            }
            checked = new Checked(table, sourceTables.find(connection, table).orElse(null), findings, false);
        } catch (SQLException e) {
            throw unreachable(SourceConnection.refused(source, e));
        }
        List<Finding> errors = findings.stream().filter(Finding::isError).toList();
        SourceTable described = checked.described();
        if (!errors.isEmpty() || described == null) {
            boolean missing = described == null
                    || errors.stream().anyMatch(finding -> finding.code().equals("no-table"));
            throw new Problem(
                            missing ? HttpStatus.NOT_FOUND : HttpStatus.UNPROCESSABLE_CONTENT,
                            missing ? "Table not found" : "The table cannot be registered as it is",
                            String.join(" ", errors.stream().map(Finding::text).toList()))
                    .with("findings", errors.stream().map(FindingView::of).toList());
        }
        CapturedTable asRegistered = asRegistered(sourceName, described);
        shapings.forEach((sink, shaping) -> fits(asRegistered, chosen, sink, shaping));
        chosen.forEach(sink -> goesTogether(asRegistered, sink));
        Map<String, String> texts = new HashMap<>();
        shapings.forEach((sink, shaping) -> texts.put(sink, shaping.toJson()));
        try {
            return catalog.register(new TableRegistration(
                    sourceName,
                    described.table(),
                    described.keyColumns(),
                    described.columns(),
                    described.identity(),
                    chosen,
                    by,
                    texts));
        } catch (DuplicateKeyException e) {
            throw taken(catalog.table(sourceName, table).orElseThrow(() -> e));
        } catch (IllegalArgumentException e) {
            throw new Problem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "The table cannot be registered as it is",
                    e.getMessage() + ". Give it a shorter name.");
        }
    }

    private static CapturedTable asRegistered(String source, SourceTable described) {
        return new CapturedTable(
                0,
                source,
                described.table(),
                "",
                described.keyColumns(),
                described.columns(),
                1,
                described.identity(),
                TableState.PENDING,
                null,
                Instant.EPOCH,
                "",
                Instant.EPOCH,
                List.of());
    }

    /** Another table's options, or what it left behind, may leave no room for this one's usual ones. */
    private void goesTogether(CapturedTable asRegistered, String sink) {
        Map<String, String> problems = new HashMap<>(OptionsCheck.check(asRegistered, sink, "{}", catalog.tables()));
        if (sink.equals(RedisOptions.SINK)) {
            formerKeys.amongFormer(asRegistered).ifPresent(problem -> problems.putIfAbsent("key", problem));
        }
        if (!problems.isEmpty()) {
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The table does not go together with another one in " + sink,
                            String.join(" ", problems.values()))
                    .with("problems", problems);
        }
    }

    private static void fits(CapturedTable asRegistered, Set<String> chosen, String sink, Shaping shaping) {
        if (!chosen.contains(sink)) {
            throw Problem.badRequest("A shaping is given for " + sink + ", which is none of the chosen sinks.");
        }
        List<ShapingFinding> findings = ShapingCheck.of(shaping, asRegistered, ShapedFor.of(sink)).stream()
                .filter(ShapingFinding::isError)
                .toList();
        if (!findings.isEmpty()) {
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The table cannot be registered with this shaping",
                            "What " + sink + " is to get does not fit " + asRegistered.table() + ": "
                                    + findings.get(0).at() + ": "
                                    + findings.get(0).problem())
                    .with("findings", findings);
        }
    }

    private static Problem taken(CapturedTable present) {
        return new Problem(
                        HttpStatus.CONFLICT,
                        "The table is registered already",
                        present.table() + " of " + present.source() + " is registered with the id " + present.id()
                                + " and is " + present.state() + ". Remove it first to register it anew.")
                .with("id", present.id());
    }

    private Set<String> known(List<String> wanted) {
        List<String> names = sinks.all().stream().map(Sink::name).toList();
        if (wanted.isEmpty()) {
            throw new Problem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "No sink is chosen",
                    "Choose at least one of: " + String.join(", ", names) + ".");
        }
        for (String name : wanted) {
            if (!names.contains(name)) {
                throw new Problem(
                        HttpStatus.UNPROCESSABLE_CONTENT,
                        "There is no such sink",
                        "There is no sink named '" + name + "'; there are: " + String.join(", ", names) + ".");
            }
        }
        return new LinkedHashSet<>(wanted);
    }
}
