package io.millrace.benchmarks.capture;

import io.millrace.localstack.LocalStack;
import io.millrace.standalone.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** PostgreSQL's own client for a logical slot: writes what pgoutput sends to a file, unread. */
final class Recvlogical {

    private static final String BASE_SLOT = "recvlogical_base";
    private static final String SLOT = "recvlogical";
    private static final long LOOK_MILLIS = 2;

    private final WalBacklog backlog;
    private final Services services;
    private final Path file;
    private long bytes;

    Recvlogical(WalBacklog backlog, Services services, Path directory) {
        this.backlog = backlog;
        this.services = services;
        this.file = directory.resolve("recvlogical.out");
    }

    /** Marks where its drains begin; before the backlog is made. */
    void begin() throws SQLException {
        services.execute("SELECT pg_create_logical_replication_slot('" + BASE_SLOT + "', 'pgoutput')");
    }

    /** @param endLsn behind the last change */
    Drain drain(String publication, String endLsn) throws SQLException, IOException, InterruptedException {
        services.execute("SELECT pg_copy_logical_replication_slot('" + BASE_SLOT + "', '" + SLOT + "')");
        Files.deleteIfExists(file);
        double postgresBefore = services.postgresCpu();
        double brokerBefore = services.brokerCpu();
        Process process = start(publication, endLsn);
        long begun = 0;
        long walsender = 0;
        double program = 0;
        double sender = 0;
        while (process.isAlive()) {
            if (walsender == 0) {
                walsender = services.walsender(SLOT);
                begun = System.nanoTime();
            } else {
                // at the end nothing is left to be asked: the last look counts
                program = Math.max(program, Cpu.of(process.pid()));
                sender = Math.max(sender, Cpu.of(walsender));
            }
            Thread.sleep(LOOK_MILLIS);
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        verify(process, walsender);
        Drain drain = new Drain(
                backlog.changes(),
                seconds,
                program,
                sender,
                services.postgresCpu() - postgresBefore,
                services.brokerCpu() - brokerBefore,
                Map.of());
        services.execute("SELECT pg_drop_replication_slot('" + SLOT + "')");
        Files.delete(file);
        return drain;
    }

    private Process start(String publication, String endLsn) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(List.of(
                executable(),
                "--dbname=host=localhost port=" + backlog.stack().postgresPort() + " dbname=shop user="
                        + LocalStack.POSTGRES_USER,
                "--slot=" + SLOT,
                "--start",
                "--no-loop",
                "--endpos=" + endLsn,
                "--file=" + file,
                "--option=proto_version=1",
                "--option=messages=true",
                "--option=publication_names=" + publication + "," + publication + "_inserts"));
        builder.environment().put("PGPASSWORD", LocalStack.POSTGRES_PASSWORD);
        return builder.inheritIO().start();
    }

    /** What it writes is the same each time, byte for byte as long; the first time it is long enough to be all. */
    private void verify(Process process, long walsender) throws IOException {
        if (process.exitValue() != 0 || walsender == 0) {
            throw new Refusal("pg_recvlogical ended with " + process.exitValue() + ": see what it said above");
        }
        long written = Files.size(file);
        if (bytes != 0 && bytes != written || written / backlog.changes() < 200) {
            throw new Refusal("pg_recvlogical wrote " + written + " bytes"
                    + (bytes == 0 ? "" : ", and " + bytes + " the first time") + ": this is a fault, not a figure");
        }
        bytes = written;
    }

    /** Returns the mean size of a change as the server sends it. */
    double bytesEach() {
        return (double) bytes / backlog.changes();
    }

    /** Debian's command of that name is a script that looks for the newest; it is left out of the CPU time. */
    private static String executable() throws IOException {
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return "pg_recvlogical";
        }
        try (Stream<Path> each = Files.list(versions)) {
            return each.map(version -> version.resolve("bin/pg_recvlogical"))
                    .filter(Files::isExecutable)
                    .map(Path::toString)
                    .max(String::compareTo)
                    .orElse("pg_recvlogical");
        }
    }
}
