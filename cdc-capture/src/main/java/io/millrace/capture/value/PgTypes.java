package io.millrace.capture.value;

import io.millrace.catalog.Column;
import io.millrace.catalog.preflight.SourceType;
import io.millrace.catalog.preflight.SourceTypes;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;

/** The types of a source's columns, read from its catalog when first met. Not thread-safe. */
public final class PgTypes {

    private final SourceTypes types = new SourceTypes();

    /** Reads those of these types that are not known yet. */
    public void load(Connection connection, Collection<Long> oids) throws SQLException {
        types.load(connection, oids);
    }

    /** Returns whether a type that was to be loaded is not in the source any more, and was not remembered either. */
    public boolean isUnknown(long oid) {
        return types.find(oid) == null;
    }

    /** Takes types that the source has dropped since from columns that were described while it had them. */
    public void remember(List<Column> columns) {
        columns.forEach(column -> types.remember(column.oid(), SourceType.ofColumnName(column.typeName())));
    }

    /** Returns a type that was loaded; one that nothing is known of is text. */
    public SourceType of(long oid) {
        return types.of(oid);
    }

    /** Returns what {@link Column#typeName()} holds for a type that was loaded. */
    public String typeName(long oid) {
        return of(oid).columnName();
    }
}
