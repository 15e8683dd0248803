package io.millrace.benchmarks.capture;

import io.millrace.standalone.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** The broker and the database that both contestants work against, watched from outside. */
final class Services implements AutoCloseable {

    static final int PARTITIONS = 3;

    private final Connection connection;
    private final Statement statement;
    private final Admin admin;
    private final long postmaster;
    private final long broker;

    Services(WalBacklog backlog) throws SQLException, IOException {
        this.connection = backlog.connect();
        this.statement = connection.createStatement();
        this.admin = Admin.create(
                java.util.Map.of("bootstrap.servers", backlog.stack().kafkaBootstrapServers()));
        this.postmaster = Cpu.parent(Long.parseLong(WalBacklog.text(statement, "SELECT pg_backend_pid()::text")));
        this.broker = ProcessHandle.current()
                .descendants()
                .map(ProcessHandle::pid)
                .filter(Services::isBroker)
                .findFirst()
                .orElseThrow(() -> new Refusal("The broker's process is not found: no figure of its CPU time"));
    }

    private static boolean isBroker(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"))
                    .contains("\0kafka.Kafka\0");
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns the server process that sends a slot's changes; 0 while there is none. */
    long walsender(String slot) throws SQLException {
        String pid = WalBacklog.text(
                statement,
                "SELECT active_pid::text FROM pg_replication_slots WHERE active AND slot_name = '" + slot + "'");
        return pid == null || pid.isEmpty() ? 0 : Long.parseLong(pid);
    }

    void execute(String sql) throws SQLException {
        statement.execute(sql);
    }

    /** Returns how many records a topic holds. */
    long records(String topic) throws InterruptedException, ExecutionException {
        return admin
                .listOffsets(IntStream.range(0, PARTITIONS)
                        .boxed()
                        .collect(Collectors.toMap(
                                partition -> new TopicPartition(topic, partition), partition -> OffsetSpec.latest())))
                .all()
                .get()
                .values()
                .stream()
                .mapToLong(ListOffsetsResultInfo::offset)
                .sum();
    }

    void delete(String topic) throws InterruptedException, ExecutionException {
        admin.deleteTopics(java.util.List.of(topic)).all().get();
    }

    /** Returns the CPU microseconds of all of PostgreSQL until now. */
    double postgresCpu() throws IOException {
        return Cpu.ofFamily(postmaster);
    }

    double brokerCpu() throws IOException {
        return Cpu.of(broker);
    }

    @Override
    public void close() throws SQLException {
        admin.close();
        connection.close();
    }
}
