package io.millrace.catalog;

import io.millrace.catalog.Alert.Severity;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What needs a person. Every app raises and resolves; people see the open ones on the first page, in the API, in the metrics and in the
 * health of the console. Every call is one transaction; thread-safe.
 */
public interface Alerts {

    /**
     * What is wrong.
     *
     * @param name see {@link AlertName}
     * @param subject unique within the name; {@link #of(String, Severity, CapturedTable, String, String, String)} makes it from a table
     */
    record Trouble(
            String name,
            Severity severity,
            String subject,
            @Nullable String source,
            @Nullable Long tableId,
            @Nullable String sink,
            String message,
            String wayOut) {

        /** Returns trouble with a table, or with a table in one sink. */
        public static Trouble of(
                String name,
                Severity severity,
                CapturedTable table,
                @Nullable String sink,
                String message,
                String wayOut) {
            return new Trouble(
                    name, severity, Alerts.subject(table, sink), table.source(), table.id(), sink, message, wayOut);
        }
    }

    /** Returns the subject of a table's alerts. */
    static String subject(CapturedTable table, @Nullable String sink) {
        return table.source() + "/" + table.table() + (sink == null ? "" : "/" + sink);
    }

    /**
     * Opens an alert; where one of this name and subject is open, that one is brought up to date and counted.
     *
     * @return whether it is new
     */
    boolean raise(Trouble trouble);

    /** Closes the open alert of this name and subject, if there is one; what it was about has passed. */
    boolean resolve(String name, String subject);

    /** Closes one alert on a person's word. */
    Optional<Alert> dismiss(long id, String by);

    /** Returns the open ones: critical first, then the newest. */
    List<Alert> open();

    /** Returns open and closed ones, newest first, at most so many. */
    List<Alert> recent(int limit);
}
