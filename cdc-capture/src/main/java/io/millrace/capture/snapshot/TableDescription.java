package io.millrace.capture.snapshot;

import io.millrace.capture.publish.Published;
import io.millrace.capture.publish.RowShape;
import io.millrace.capture.publish.TableTopic;
import io.millrace.capture.value.PgTypes;
import io.millrace.capture.value.ValueEncoder;
import io.millrace.capture.value.ValueEncoders;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The columns of a table as they are now, and how its rows are written. Not thread-safe. */
final class TableDescription {

    private final CapturedTable table;
    private final TableTopic topic;
    private final PipelineCatalog catalog;
    private final PgTypes types = new PgTypes();
    private @Nullable Described last;

    TableDescription(CapturedTable table, TableTopic topic, PipelineCatalog catalog) {
        this.table = table;
        this.topic = topic;
        this.catalog = catalog;
    }

    /** A table and the version that its rows are written under. */
    record Described(SourceTable table, Published published) {}

    /** Looks the table up; a column that came or went since the last time makes a new version. */
    Described describe(Connection connection) throws SQLException {
        SourceTable present = new SourceTables()
                .find(connection, table.table())
                .orElseThrow(() -> new SQLException("The table does not exist any more", "42P01"));
        Described known = last;
        if (known != null
                && known.table().columns().equals(present.columns())
                && known.table().keyColumns().equals(present.keyColumns())) {
            return new Described(present, known.published());
        }
        types.load(connection, present.columns().stream().map(Column::oid).toList());
        List<ValueEncoder> encoders = new ArrayList<>();
        present.columns().forEach(column -> encoders.add(ValueEncoders.of(types.of(column.oid()))));
        int version =
                catalog.recordSchema(table.id(), present.columns(), present.keyColumns(), present.identity(), null);
        RowShape shape =
                new RowShape(present.columns().stream().map(Column::name).toList(), encoders, present.keyColumns());
        Described found = new Described(present, Published.of(topic, shape, version));
        last = found;
        return found;
    }
}
