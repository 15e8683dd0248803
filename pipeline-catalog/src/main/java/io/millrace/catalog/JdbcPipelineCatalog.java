package io.millrace.catalog;

import static java.util.stream.Collectors.groupingBy;

import io.millrace.catalog.snapshot.JdbcSnapshotRuns;
import io.millrace.event.Lsn;
import io.millrace.event.TableId;
import io.millrace.event.kafka.Topics;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

final class JdbcPipelineCatalog implements PipelineCatalog {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final JdbcClient sql;
    private final TransactionTemplate transaction;
    private final SecretCipher cipher;
    private final JdbcSnapshotRuns snapshots;

    JdbcPipelineCatalog(JdbcTemplate template, TransactionTemplate transaction, SecretCipher cipher) {
        this.sql = JdbcClient.create(template);
        this.transaction = transaction;
        this.cipher = cipher;
        this.snapshots = new JdbcSnapshotRuns(template, transaction);
    }

    @Override
    public List<Source> sources() {
        return sql.sql("SELECT * FROM millrace.source ORDER BY name")
                .query(this::mapSource)
                .list();
    }

    @Override
    public Optional<Source> source(String name) {
        return sql.sql("SELECT * FROM millrace.source WHERE name = ?")
                .param(name)
                .query(this::mapSource)
                .optional();
    }

    @Override
    public void addSource(Source source, String by) {
        sql.sql("""
                INSERT INTO millrace.source (name, host, port, database_name, username, password_cipher, ssl_mode, slot_name,
                                             publication_name, epoch, created_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
                .params(Arrays.asList(
                        source.name(),
                        source.host(),
                        source.port(),
                        source.database(),
                        source.username(),
                        cipher.encrypt(source.password()),
                        source.sslMode(),
                        source.slot(),
                        source.publication(),
                        source.epoch(),
                        by))
                .update();
    }

    @Override
    public void updateSourceConnection(Source source) {
        sql.sql("""
                UPDATE millrace.source
                SET host = ?, port = ?, database_name = ?, username = ?, password_cipher = ?, ssl_mode = ?
                WHERE name = ?
                """)
                .params(Arrays.asList(
                        source.host(),
                        source.port(),
                        source.database(),
                        source.username(),
                        cipher.encrypt(source.password()),
                        source.sslMode(),
                        source.name()))
                .update();
    }

    @Override
    public void sourceState(String name, SourceState state, @Nullable String message) {
        sql.sql("""
                UPDATE millrace.source
                SET state_since = CASE WHEN state = ? THEN state_since ELSE now() END, state = ?, message = ?
                WHERE name = ?
                """)
                .params(Arrays.asList(state.name(), state.name(), message, name))
                .update();
    }

    @Override
    public int beginEpoch(String name) {
        return sql.sql("UPDATE millrace.source SET epoch = epoch + 1 WHERE name = ? RETURNING epoch")
                .param(name)
                .query(Integer.class)
                .single();
    }

    @Override
    public void removeSource(String name) {
        sql.sql("DELETE FROM millrace.source WHERE name = ?").param(name).update();
    }

    @Override
    public List<CapturedTable> tables() {
        Map<Long, List<SinkBinding>> bindings = sql
                .sql("SELECT * FROM millrace.sink_binding ORDER BY sink")
                .query(JdbcPipelineCatalog::mapBinding)
                // not JdbcClient's own stream, which keeps its connection until it is closed
                .list()
                .stream()
                .collect(groupingBy(SinkBinding::tableId));
        return sql.sql("SELECT * FROM millrace.captured_table ORDER BY source, schema_name, table_name")
                .query((row, number) -> mapTable(row, bindings.getOrDefault(row.getLong("id"), List.of())))
                .list();
    }

    @Override
    public Optional<CapturedTable> table(long id) {
        return sql.sql("SELECT * FROM millrace.captured_table WHERE id = ?")
                .param(id)
                .query(withBindings())
                .optional();
    }

    @Override
    public Optional<CapturedTable> table(String source, TableId table) {
        return sql.sql("SELECT * FROM millrace.captured_table WHERE source = ? AND schema_name = ? AND table_name = ?")
                .params(Arrays.asList(source, table.schema(), table.table()))
                .query(withBindings())
                .optional();
    }

    private RowMapper<CapturedTable> withBindings() {
        return (row, number) -> mapTable(row, bindings(row.getLong("id")));
    }

    private List<SinkBinding> bindings(long tableId) {
        return sql.sql("SELECT * FROM millrace.sink_binding WHERE table_id = ? ORDER BY sink")
                .param(tableId)
                .query(JdbcPipelineCatalog::mapBinding)
                .list();
    }

    @Override
    public CapturedTable register(TableRegistration wanted) {
        long id = Objects.requireNonNull(transaction.execute(status -> insert(wanted)));
        return table(id).orElseThrow();
    }

    private long insert(TableRegistration wanted) {
        String columns = JSON.writeValueAsString(wanted.columns());
        String[] key = wanted.keyColumns().toArray(String[]::new);
        long id = sql.sql("""
                INSERT INTO millrace.captured_table
                    (source, schema_name, table_name, topic, key_columns, columns, replica_identity, registered_by)
                VALUES (?, ?, ?, ?, ?, ?::jsonb, ?, ?) RETURNING id
                """)
                .params(Arrays.asList(
                        wanted.source(),
                        wanted.table().schema(),
                        wanted.table().table(),
                        Topics.of(wanted.source(), wanted.table()),
                        key,
                        columns,
                        wanted.replicaIdentity().name(),
                        wanted.registeredBy()))
                .query(Long.class)
                .single();
        sql.sql(
                        "INSERT INTO millrace.table_schema (table_id, version, columns, key_columns) VALUES (?, 1, ?::jsonb, ?)")
                .params(Arrays.asList(id, columns, key))
                .update();
        for (String sink : wanted.sinks()) {
            sql.sql("INSERT INTO millrace.sink_binding (table_id, sink) VALUES (?, ?)")
                    .params(Arrays.asList(id, sink))
                    .update();
        }
        sql.sql("INSERT INTO millrace.table_snapshot (table_id, requested_by) VALUES (?, ?)")
                .params(Arrays.asList(id, wanted.registeredBy()))
                .update();
        return id;
    }

    @Override
    public void tableState(long tableId, TableState state, @Nullable String message) {
        sql.sql("""
                UPDATE millrace.captured_table
                SET state_since = CASE WHEN state = ? THEN state_since ELSE now() END, state = ?, message = ?
                WHERE id = ?
                """)
                .params(Arrays.asList(state.name(), state.name(), message, tableId))
                .update();
    }

    @Override
    public int recordSchema(
            long tableId,
            List<Column> columns,
            List<String> keyColumns,
            ReplicaIdentity identity,
            @Nullable Long firstLsn) {
        return Objects.requireNonNull(transaction.execute(status -> {
            CapturedTable known = sql.sql("SELECT * FROM millrace.captured_table WHERE id = ? FOR UPDATE")
                    .param(tableId)
                    .query((row, number) -> mapTable(row, List.of()))
                    .single();
            boolean same = known.columns().equals(columns) && known.keyColumns().equals(keyColumns);
            int version = same ? known.schemaVersion() : known.schemaVersion() + 1;
            String json = JSON.writeValueAsString(columns);
            String[] key = keyColumns.toArray(String[]::new);
            sql.sql("""
                    UPDATE millrace.captured_table
                    SET columns = ?::jsonb, key_columns = ?, replica_identity = ?, schema_version = ? WHERE id = ?
                    """)
                    .params(Arrays.asList(json, key, identity.name(), version, tableId))
                    .update();
            if (!same) {
                sql.sql("""
                        INSERT INTO millrace.table_schema (table_id, version, columns, key_columns, first_lsn)
                        VALUES (?, ?, ?::jsonb, ?, ?::pg_lsn)
                        """)
                        .params(Arrays.asList(
                                tableId, version, json, key, firstLsn == null ? null : Lsn.format(firstLsn)))
                        .update();
            }
            return version;
        }));
    }

    @Override
    public void removeTable(long tableId) {
        sql.sql("DELETE FROM millrace.captured_table WHERE id = ?")
                .param(tableId)
                .update();
    }

    @Override
    public void bindingState(long tableId, String sink, BindingState state, @Nullable String message) {
        sql.sql("""
                UPDATE millrace.sink_binding
                SET state_since = CASE WHEN state = ? THEN state_since ELSE now() END, state = ?, message = ?
                WHERE table_id = ? AND sink = ?
                """)
                .params(Arrays.asList(state.name(), state.name(), message, tableId, sink))
                .update();
    }

    @Override
    public Optional<TableSnapshot> snapshot(long tableId) {
        return snapshots.of(tableId, 1).stream().findFirst();
    }

    @Override
    public List<TableSnapshot> openSnapshots() {
        return snapshots.open();
    }

    @Override
    public TableSnapshot requestSnapshot(long tableId, String by) {
        return snapshots.request(tableId, null, by);
    }

    private Source mapSource(ResultSet row, int number) throws SQLException {
        return new Source(
                row.getString("name"),
                row.getString("host"),
                row.getInt("port"),
                row.getString("database_name"),
                row.getString("username"),
                cipher.decrypt(row.getString("password_cipher")),
                row.getString("ssl_mode"),
                row.getString("slot_name"),
                row.getString("publication_name"),
                row.getInt("epoch"),
                SourceState.valueOf(row.getString("state")),
                row.getString("message"),
                row.getTimestamp("state_since").toInstant());
    }

    private static CapturedTable mapTable(ResultSet row, List<SinkBinding> bindings) throws SQLException {
        return new CapturedTable(
                row.getLong("id"),
                row.getString("source"),
                new TableId(row.getString("schema_name"), row.getString("table_name")),
                row.getString("topic"),
                List.of((String[]) row.getArray("key_columns").getArray()),
                JSON.readValue(row.getString("columns"), new TypeReference<List<Column>>() {}),
                row.getInt("schema_version"),
                ReplicaIdentity.valueOf(row.getString("replica_identity")),
                TableState.valueOf(row.getString("state")),
                row.getString("message"),
                row.getTimestamp("state_since").toInstant(),
                row.getString("registered_by"),
                row.getTimestamp("registered_at").toInstant(),
                bindings);
    }

    private static SinkBinding mapBinding(ResultSet row, int number) throws SQLException {
        return new SinkBinding(
                row.getLong("table_id"),
                row.getString("sink"),
                BindingState.valueOf(row.getString("state")),
                row.getString("message"),
                row.getTimestamp("state_since").toInstant(),
                row.getString("options"));
    }
}
