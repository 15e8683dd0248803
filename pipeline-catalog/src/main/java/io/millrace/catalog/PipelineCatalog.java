package io.millrace.catalog;

import io.millrace.event.TableId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is captured and where it goes. Every call is one transaction; thread-safe; a platform database that does not answer shows as
 * Spring's {@link org.springframework.dao.DataAccessException}.
 */
public interface PipelineCatalog {

    /** Returns all sources, by name. */
    List<Source> sources();

    Optional<Source> source(String name);

    /**
     * Stores a new source.
     *
     * @throws org.springframework.dao.DuplicateKeyException if the name is taken
     */
    void addSource(Source source, String by);

    /** Changes how a source is reached; name, slot, publication and epoch stay. */
    void updateSourceConnection(Source source);

    /** Notes a source's state; {@code stateSince} moves only when the state changes. */
    void sourceState(String name, SourceState state, @Nullable String message);

    /**
     * Begins a new epoch of a source, after its history was cut.
     *
     * @return the new epoch
     */
    int beginEpoch(String name);

    /** Takes a source out; its tables must be gone. */
    void removeSource(String name);

    /** Returns all tables with their bindings, by source, schema and name. */
    List<CapturedTable> tables();

    Optional<CapturedTable> table(long id);

    Optional<CapturedTable> table(String source, TableId table);

    /**
     * Registers a table with its sinks and asks for its first snapshot; state PENDING.
     *
     * @throws org.springframework.dao.DuplicateKeyException if it is registered already
     */
    CapturedTable register(TableRegistration registration);

    /** Notes a table's state; {@code stateSince} moves only when the state changes. */
    void tableState(long tableId, TableState state, @Nullable String message);

    /**
     * Records the columns and key of a table as now seen; a new version where they differ from the last, else nothing.
     *
     * @param firstLsn from where the version holds, or null where unknown
     * @return the version in force
     */
    int recordSchema(
            long tableId,
            List<Column> columns,
            List<String> keyColumns,
            ReplicaIdentity identity,
            @Nullable Long firstLsn);

    /** Takes a table out for good, with its bindings and snapshots. History and topic stay. */
    void removeTable(long tableId);

    /** Notes the state of one binding. */
    void bindingState(long tableId, String sink, BindingState state, @Nullable String message);

    /** Returns the newest snapshot of a table. */
    Optional<TableSnapshot> snapshot(long tableId);

    /** Returns snapshots of all tables that are REQUESTED or RUNNING, oldest first. */
    List<TableSnapshot> openSnapshots();

    /** Asks for another snapshot of all rows of a table; an open one is returned instead. */
    TableSnapshot requestSnapshot(long tableId, String by);
}
