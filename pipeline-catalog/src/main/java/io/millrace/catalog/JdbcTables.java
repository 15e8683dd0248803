package io.millrace.catalog;

import static java.util.stream.Collectors.groupingBy;

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
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The captured tables with what their rows look like, version by version. */
final class JdbcTables {

    private static final StateUpdate STATE = StateUpdate.of("millrace.captured_table", "id = ?");
    /** Whoever was about to note something of a table meanwhile does not take its removal back. */
    private static final StateUpdate UNLESS_REMOVING =
            StateUpdate.of("millrace.captured_table", "id = ? AND state <> 'REMOVING'");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final JdbcClient sql;
    private final TransactionTemplate transaction;
    private final JdbcBindings bindings;
    private final JdbcTableSchemas schemas;

    JdbcTables(JdbcClient sql, TransactionTemplate transaction, JdbcBindings bindings) {
        this.sql = sql;
        this.transaction = transaction;
        this.bindings = bindings;
        this.schemas = new JdbcTableSchemas(sql);
    }

    List<CapturedTable> all() {
        Map<Long, List<SinkBinding>> byTable = bindings.all().stream().collect(groupingBy(SinkBinding::tableId));
        return sql.sql("SELECT * FROM millrace.captured_table ORDER BY source, schema_name, table_name")
                .query((row, number) -> map(row, byTable.getOrDefault(row.getLong("id"), List.of())))
                .list();
    }

    Optional<CapturedTable> find(long id) {
        return sql.sql("SELECT * FROM millrace.captured_table WHERE id = ?")
                .param(id)
                .query(withBindings())
                .optional();
    }

    Optional<CapturedTable> find(String source, TableId table) {
        return sql.sql("SELECT * FROM millrace.captured_table WHERE source = ? AND schema_name = ? AND table_name = ?")
                .params(Arrays.asList(source, table.schema(), table.table()))
                .query(withBindings())
                .optional();
    }

    private RowMapper<CapturedTable> withBindings() {
        return (row, number) -> map(row, bindings.of(row.getLong("id")));
    }

    CapturedTable register(TableRegistration wanted) {
        long id = Objects.requireNonNull(transaction.execute(status -> insert(wanted)));
        return find(id).orElseThrow();
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
                        topic(wanted),
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
            bindings.add(id, sink, wanted.shapings().get(sink), wanted.registeredBy());
        }
        sql.sql("INSERT INTO millrace.table_snapshot (table_id, requested_by) VALUES (?, ?)")
                .params(Arrays.asList(id, wanted.registeredBy()))
                .update();
        return id;
    }

    private String topic(TableRegistration wanted) {
        String topic = Topics.of(wanted.source(), wanted.table());
        List<String> taken = sql.sql("SELECT topic FROM millrace.captured_table")
                .query(String.class)
                .list();
        return taken.stream().anyMatch(other -> Topics.collide(topic, other))
                ? Topics.distinct(wanted.source(), wanted.table())
                : topic;
    }

    /** Returns whether it is noted: there is such a table, and it is not being taken out. */
    boolean state(long tableId, TableState state, @Nullable String message) {
        return (state == TableState.REMOVING ? STATE : UNLESS_REMOVING).note(sql, state, message, tableId);
    }

    int recordSchema(
            long tableId,
            List<Column> columns,
            List<String> keyColumns,
            ReplicaIdentity identity,
            @Nullable Long firstLsn) {
        return Objects.requireNonNull(transaction.execute(status -> {
            sql.sql("SELECT id FROM millrace.captured_table WHERE id = ? FOR UPDATE")
                    .param(tableId)
                    .query(Long.class)
                    .single();
            int version = schemas.record(tableId, columns, keyColumns, firstLsn);
            TableSchema present = schemas.present(tableId);
            // whether a column takes NULL is no version's matter, and always told as it was last seen
            List<Column> shown = present.version() == version ? columns : present.columns();
            sql.sql("""
                    UPDATE millrace.captured_table
                    SET columns = ?::jsonb, key_columns = ?, replica_identity = ?, schema_version = greatest(schema_version, ?)
                    WHERE id = ?
                    """)
                    .params(Arrays.asList(
                            JSON.writeValueAsString(shown),
                            present.keyColumns().toArray(String[]::new),
                            identity.name(),
                            version,
                            tableId))
                    .update();
            return version;
        }));
    }

    List<TableSchema> schemas(long tableId) {
        return schemas.of(tableId);
    }

    void remove(long tableId) {
        sql.sql("DELETE FROM millrace.captured_table WHERE id = ?")
                .param(tableId)
                .update();
    }

    private static CapturedTable map(ResultSet row, List<SinkBinding> bindings) throws SQLException {
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
}
