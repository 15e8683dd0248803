package io.millrace.admin.tables;

import static java.util.stream.Collectors.toMap;

import io.millrace.admin.lag.LagSample;
import io.millrace.admin.lag.Rates;
import io.millrace.admin.sinks.Sinks;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.TableSnapshot;
import java.util.List;
import java.util.Map;
import org.springframework.stereotype.Component;

/** The captured tables as lists on other pages show them. */
@Component
public class TableRows {

    private final PipelineCatalog catalog;
    private final Rates rates;
    private final Sinks sinks;

    TableRows(PipelineCatalog catalog, Rates rates, Sinks sinks) {
        this.catalog = catalog;
        this.rates = rates;
        this.sinks = sinks;
    }

    /** Returns the tables of a sample, each with its running snapshot, for the template {@code tables :: rows}. */
    public List<?> all(LagSample sample) {
        Map<Long, TableSnapshot> open = catalog.openSnapshots().stream()
                .collect(toMap(TableSnapshot::tableId, snapshot -> snapshot, (first, second) -> second));
        return sample.tables().stream()
                .map(table -> TableRow.of(table, open.get(table.id()), sample, rates, sinks))
                .toList();
    }
}
