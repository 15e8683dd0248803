package io.millrace.admin.sources;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.SourceConnection;
import io.millrace.event.TableId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;

/** Takes sources out, and from their servers what Millrace made there: a slot that nobody reads would hold WAL back for ever. */
@Component
class SourceRemoval {

    private static final Logger LOG = LoggerFactory.getLogger(SourceRemoval.class);

    /** Capture notices within a second, and drains before it lets go of the slot. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration STEP = Duration.ofMillis(100);

    private final PipelineCatalog catalog;
    private final SourceRegister register;

    SourceRemoval(PipelineCatalog catalog, SourceRegister register) {
        this.catalog = catalog;
        this.register = register;
    }

    /**
     * Removes a source without tables. Topics and history stay.
     *
     * @return what could not be taken from its server, as SQL for its DBA; empty where nothing is left
     * @throws Problem 404 for an unknown name, 409 while tables of it are registered
     */
    List<String> remove(String name) {
        Source source = register.find(name);
        List<CapturedTable> tables = register.captured(source);
        if (!tables.isEmpty()) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Tables of the source are registered",
                    "Remove these first, and wait until they are gone: "
                            + tables.stream()
                                    .map(table -> table.table().toString())
                                    .collect(Collectors.joining(", "))
                            + ".");
        }
        try {
            catalog.removeSource(name);
        } catch (DataIntegrityViolationException e) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "Tables of the source are registered",
                    "A table was registered at this moment. Look at the source again.");
        }
        List<String> publications = List.of(
                "DROP PUBLICATION IF EXISTS " + TableId.quote(source.publication()),
                "DROP PUBLICATION IF EXISTS " + TableId.quote(source.insertOnlyPublication()));
        List<String> left = List.of(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
                        + source.slot().replace("'", "''") + "';",
                publications.get(0) + ";",
                publications.get(1) + ";");
        // the catalog has forgotten the slot: should this process end now, nobody else knows of it
        LOG.warn(
                "The source {} is removed; its slot is dropped within {} s. Should this process end before, the server keeps WAL for"
                        + " the slot until its DBA runs: {}",
                source,
                PATIENCE.toSeconds(),
                String.join(" ", left));
        try (Connection connection = SourceConnection.open(source, "millrace-admin");
                Statement statement = connection.createStatement()) {
            if (dropSlot(connection, source.slot())) {
                for (String sql : publications) {
                    statement.execute(sql);
                }
                LOG.info("The slot {} of the source {} is dropped", source.slot(), source);
                return List.of();
            }
        } catch (SQLException e) {
            // whoever asked is told what is left to do
        }
        return left;
    }

    /** Drops it once capture has let go of it; returns whether it is gone. */
    private static boolean dropSlot(Connection connection, String slot) throws SQLException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        try (PreparedStatement find =
                        connection.prepareStatement("SELECT active FROM pg_replication_slots WHERE slot_name = ?");
                PreparedStatement drop = connection.prepareStatement(
                        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = ? AND NOT active")) {
            find.setString(1, slot);
            drop.setString(1, slot);
            while (System.nanoTime() - deadline < 0) {
                try (ResultSet row = find.executeQuery()) {
                    if (!row.next()) {
                        return true;
                    }
                    if (!row.getBoolean(1)) {
                        drop.execute();
                        continue;
                    }
                }
                LockSupport.parkNanos(STEP.toNanos());
            }
        }
        return false;
    }
}
