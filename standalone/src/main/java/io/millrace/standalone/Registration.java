package io.millrace.standalone;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.TableRegistration;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.catalog.preflight.SourcePreflight;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.catalog.preflight.TablePreflight;
import io.millrace.event.TableId;
import io.millrace.standalone.StandaloneProperties.SourceProperties;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Registers a source and tables of it where the catalog does not have them yet, checked as the web pages would. */
final class Registration {

    private static final Set<String> SINKS = Set.of("elasticsearch", "redis", "audit");
    private static final String BY = "local-cli";

    private final PipelineCatalog catalog;
    private final Source wanted;

    Registration(PipelineCatalog catalog, SourceProperties source) {
        this.catalog = catalog;
        this.wanted = Source.of(
                source.name(),
                source.host(),
                source.port(),
                source.database(),
                source.username(),
                source.password(),
                source.sslMode());
    }

    String jdbcUrl() {
        return wanted.jdbcUrl();
    }

    /**
     * Registers the source, or follows it to where it is now; returns whether it is new.
     *
     * @throws Refusal when it cannot be captured as it is; then nothing is stored
     */
    boolean source() {
        var known = catalog.source(wanted.name());
        if (known.isEmpty()) {
            requireFit();
            catalog.addSource(wanted, BY);
            return true;
        }
        if (!known.get().jdbcUrl().equals(wanted.jdbcUrl())
                || !known.get().username().equals(wanted.username())
                || !known.get().password().equals(wanted.password())) {
            requireFit();
            catalog.updateSourceConnection(wanted);
        }
        return false;
    }

    private void requireFit() {
        List<String> errors = new SourcePreflight()
                .check(wanted).stream()
                        .filter(Finding::isError)
                        .map(Finding::text)
                        .toList();
        if (!errors.isEmpty()) {
            throw new Refusal("The source " + wanted + " of millrace.standalone.source cannot be captured as it is. "
                    + String.join(" ", errors));
        }
    }

    /**
     * Registers tables of the schema {@code public} for all sinks; returns how many were new.
     *
     * @throws Refusal when one cannot be captured
     */
    int tables(List<String> names) throws SQLException {
        int registered = 0;
        try (Connection connection = SourceConnection.open(wanted, "millrace-registration")) {
            for (String name : names) {
                TableId id = new TableId("public", name);
                if (catalog.table(wanted.name(), id).isPresent()) {
                    continue;
                }
                List<Finding> findings = new TablePreflight().check(connection, wanted, id, true);
                findings.stream().filter(Finding::isError).findFirst().ifPresent(finding -> {
                    throw new Refusal("The table " + name + " cannot be captured. " + finding.text());
                });
                SourceTable table = new SourceTables()
                        .find(connection, id)
                        .orElseThrow(() -> new Refusal("There is no table " + name + " in " + wanted));
                catalog.register(new TableRegistration(
                        wanted.name(), id, table.keyColumns(), table.columns(), table.identity(), SINKS, BY));
                registered++;
            }
        }
        return registered;
    }
}
