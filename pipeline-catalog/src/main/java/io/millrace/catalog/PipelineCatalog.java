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
     * Stores a new source. Where one of that name was taken out before, it goes on with the epoch after that one's last.
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
     * Notes that a table is FAILED and raises the alert that says so, both or none; nothing of a table that is being taken out. The table
     * says message and way out.
     *
     * @param alert one of {@link AlertName}; whoever takes the table up again resolves it
     * @param message what is wrong, sentences
     * @param wayOut what to do, a sentence
     */
    void tableFailed(CapturedTable table, String alert, String message, String wayOut);

    /**
     * Records the columns and key of a table as seen at a place in the WAL. The same description at the same place is the same version,
     * however often the slot sends it; a description that differs from what holds there is a new version.
     *
     * @param firstLsn commit LSN of the transaction that is described, or null for what the source's catalog says now
     * @return the version that events under this description carry
     */
    int recordSchema(
            long tableId,
            List<Column> columns,
            List<String> keyColumns,
            ReplicaIdentity identity,
            @Nullable Long firstLsn);

    /** Returns all versions of a table's columns and key, the first one first. */
    List<TableSchema> schemas(long tableId);

    /** Takes a table out for good, with its bindings and snapshots. History and topic stay. */
    void removeTable(long tableId);

    /** Notes the state of one binding. */
    void bindingState(long tableId, String sink, BindingState state, @Nullable String message);

    /**
     * Notes that a table's way to a sink is FAILED and raises the alert that says so, both or none; nothing where the table no longer goes
     * there.
     *
     * @param message what is wrong and what to do, sentences
     */
    void bindingFailed(CapturedTable table, String sink, String message);

    /** Opens a failed binding again; false if it is not failed any more, as when somebody else has just opened it. */
    boolean reopenBinding(long tableId, String sink);

    /** Stores the options of one binding, a JSON object that was checked; workers follow within half a second. */
    void bindingOptions(long tableId, String sink, String options);

    /** Returns the newest snapshot of a table. */
    Optional<TableSnapshot> snapshot(long tableId);

    /** Returns snapshots of all tables that are REQUESTED or RUNNING, oldest first. */
    List<TableSnapshot> openSnapshots();

    /** Asks for another snapshot of all rows of a table; an open one is returned instead. */
    TableSnapshot requestSnapshot(long tableId, String by);

    /**
     * Asks for all rows of a table from the first one on: what open snapshots of it have read counts no more, so they are cancelled.
     *
     * @param by user name, or {@code millrace}, where wanted with a colon and why
     */
    TableSnapshot readAnew(long tableId, String by);

    /** Ends a snapshot, unless it ended already. */
    void snapshotEnded(long snapshotId, SnapshotState state, @Nullable String message);

    /** Returns which relations of the sources the tables are. */
    TableRelations relations();

    /** Returns what needs a person. */
    Alerts alerts();

    /** Notes which sinks a worker runs; called again while it runs them. Those of other workers stay. */
    void publishSinks(List<SinkDescription> sinks);

    /** Returns the sinks that workers run, by name; one that none has published for ten minutes while others were is gone. */
    List<SinkDescription> sinks();
}
