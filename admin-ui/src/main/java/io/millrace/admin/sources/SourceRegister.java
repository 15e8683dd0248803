package io.millrace.admin.sources;

import static java.util.stream.Collectors.toMap;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.SourceGap;
import io.millrace.catalog.SourceGaps;
import io.millrace.catalog.SourceState;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourcePreflight;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Adds sources, after looking at them, and says what they hold. */
@Component
class SourceRegister {

    static final List<String> SSL_MODES = List.of("disable", "prefer", "require", "verify-ca", "verify-full");
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,39}");
    /** What could smuggle parameters into a JDBC URL. */
    private static final Set<String> UNSAFE = Set.of("?", "&", "/", "#", "%", " ");

    private final PipelineCatalog catalog;
    private final SourceGaps gaps;
    private final SourcePreflight preflight = new SourcePreflight();
    private final SourceTables tables = new SourceTables();

    SourceRegister(PipelineCatalog catalog, SourceGaps gaps) {
        this.catalog = catalog;
        this.gaps = gaps;
    }

    List<Source> all() {
        return catalog.sources();
    }

    Source find(String name) {
        return catalog.source(name)
                .orElseThrow(() -> Problem.notFound("Source", "There is no source named '" + name + "'."));
    }

    List<Finding> check(Source source) {
        return preflight.check(source);
    }

    /** Returns the ids of the tables of a source that are registered. */
    Map<TableId, Long> registered(Source source) {
        return catalog.tables().stream()
                .filter(table -> table.source().equals(source.name()))
                .collect(toMap(CapturedTable::table, CapturedTable::id));
    }

    List<CapturedTable> captured(Source source) {
        return catalog.tables().stream()
                .filter(table -> table.source().equals(source.name()))
                .toList();
    }

    /** Returns the gap that keeps a source from being captured. */
    Optional<SourceGap> gap(Source source) {
        return gaps.open(source.name());
    }

    /** Returns all gaps of a source, newest first. */
    List<SourceGap> gaps(Source source) {
        return gaps.all(source.name());
    }

    /**
     * Accepts a gap, and returns the epoch that capture begins.
     *
     * @throws Problem 409 when it is not the one that is open
     */
    int accept(Source source, long gap, String by) {
        Optional<Integer> epoch = gaps.accept(source.name(), gap, by);
        if (epoch.isEmpty()) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "No such gap is open",
                    "The gap " + gap + " of " + source.name()
                            + " is not open, or was accepted before. Look at the source again.");
        }
        catalog.sourceState(
                source.name(), SourceState.PENDING, "Epoch " + epoch.get() + " begins: every table is read anew.");
        return epoch.get();
    }

    List<SourceTable> held(Source source) {
        try (Connection connection = SourceConnection.open(source, "millrace-admin")) {
            return tables.list(connection);
        } catch (SQLException e) {
            throw new Problem(
                    HttpStatus.SERVICE_UNAVAILABLE,
                    "The source does not answer",
                    SourceConnection.refused(source, e).text());
        }
    }

    /**
     * Adds a source that passes its checks.
     *
     * @throws Problem 409 when the name is taken, 422 when a check fails
     */
    Source add(
            String name,
            String host,
            int port,
            String database,
            String username,
            String password,
            String sslMode,
            String by) {
        if (!NAME.matcher(name).matches()) {
            throw invalid("The name '" + name
                    + "' cannot be used: it begins with a small letter, then up to 39 small letters,"
                    + " digits, underscores or hyphens. It becomes the prefix of topics.");
        }
        if (catalog.source(name).isPresent()) {
            throw taken(name);
        }
        Source source = Source.of(name, host, port, database, username, password, sslMode);
        requireFit(source);
        try {
            catalog.addSource(source, by);
        } catch (DuplicateKeyException e) {
            throw taken(name);
        }
        return find(name);
    }

    /**
     * Changes how a source is reached, where it passes its checks that way. A capture that waits takes it up with its next attempt; one
     * that runs, when its connection ends.
     *
     * @param password null keeps the present one
     * @throws Problem 404 for an unknown name, 422 when a check fails
     */
    Source change(
            String name,
            String host,
            int port,
            String database,
            String username,
            @Nullable String password,
            String sslMode) {
        Source present = find(name);
        Source wanted = Source.of(
                name, host, port, database, username, password == null ? present.password() : password, sslMode);
        requireFit(wanted);
        catalog.updateSourceConnection(wanted);
        return find(name);
    }

    private void requireFit(Source source) {
        String sslMode = source.sslMode();
        String host = source.host();
        String database = source.database();
        int port = source.port();
        if (!SSL_MODES.contains(sslMode)) {
            throw invalid("The SSL mode '" + sslMode + "' is none of: " + String.join(", ", SSL_MODES) + ".");
        }
        if (port < 1 || port > 65_535) {
            throw invalid("The port " + port + " is not between 1 and 65535.");
        }
        if (UNSAFE.stream().anyMatch(part -> host.contains(part) || database.contains(part))) {
            throw invalid("Host and database are plain names, without spaces and the characters ? & / # %.");
        }
        List<Finding> errors = check(source).stream().filter(Finding::isError).toList();
        if (!errors.isEmpty()) {
            throw new Problem(
                            HttpStatus.UNPROCESSABLE_CONTENT,
                            "The source cannot be captured as it is",
                            String.join(" ", errors.stream().map(Finding::text).toList()))
                    .with("findings", errors);
        }
    }

    private static Problem taken(String name) {
        return new Problem(
                HttpStatus.CONFLICT,
                "The name is taken",
                "There is a source named " + name + " already; choose another.");
    }

    private static Problem invalid(String detail) {
        return new Problem(HttpStatus.UNPROCESSABLE_CONTENT, "The source cannot be reached that way", detail);
    }
}
