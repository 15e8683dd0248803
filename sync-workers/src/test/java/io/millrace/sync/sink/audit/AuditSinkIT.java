package io.millrace.sync.sink.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Offsets;
import io.millrace.event.ChangeEvent;
import io.millrace.event.RowKey;
import io.millrace.localstack.Service;
import io.millrace.sync.fixture.Platform;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkContractTests;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

class AuditSinkIT extends SinkContractTests {

    private ConfigurableApplicationContext platform;
    private AuditSink sink;
    private JdbcTemplate sql;

    @BeforeAll
    void connect() {
        platform = Platform.catalog(stack(), "audit_sink");
        sink = new AuditSink(platform.getBean(DataSource.class), platform.getBean(Offsets.class));
        sql = new JdbcTemplate(platform.getBean(DataSource.class));
    }

    @AfterAll
    void disconnect() {
        platform.close();
    }

    @Override
    protected Sink sink() {
        return sink;
    }

    /** The row as its history tells it: the newest of its changes and of the table's truncates. */
    @Override
    protected Optional<String> row(CapturedTable table, RowKey key) {
        List<String> newest = sql.queryForList("""
                SELECT after FROM millrace.change_history
                WHERE table_name = ? AND (key = ?::jsonb OR operation = 'truncate')
                ORDER BY commit_lsn DESC, ordinal DESC LIMIT 1
                """, String.class, table.table().table(), key.json());
        return newest.isEmpty() ? Optional.empty() : Optional.ofNullable(newest.get(0));
    }

    /** Half a surrogate pair: JSON allows its escape, jsonb does not. */
    @Override
    protected ChangeEvent poison(CapturedTable table, TestEvents events) {
        return events.create(key(9), "{\"id\":9,\"name\":\"\\ud800\"}");
    }

    @Override
    protected Service service() {
        return Service.POSTGRESQL;
    }

    @Override
    protected int written(String eventId) {
        return sql.queryForObject(
                "SELECT count(*) FROM millrace.change_log WHERE event_id = ?", Integer.class, eventId);
    }

    @Test
    void everyFieldIsReadAsItWasWritten() throws Exception {
        ChangeEvent event = events.update(
                key(1),
                item(1, "a"),
                "{\"id\":1,\"name\":\"b\",\"amount\":\"1.50\",\"note\":\"__debezium_unavailable_value\",\"data\":null}",
                "note");
        write(event);
        Map<String, Object> row = sql.queryForMap("""
                SELECT event_id, source, schema_name, table_name, key::text, key_hash, operation, before->>'name' AS was,
                       after->>'name' AS is, after ? 'note' AS invented, array_to_string(changed_columns, ',') AS changed,
                       array_to_string(unavailable_columns, ',') AS unavailable, before_completeness, transaction_id, lsn::text,
                       commit_lsn::text, epoch, ordinal, committed_at, captured_at, actor
                FROM millrace.change_history WHERE event_id = ?
                """.replace(" ? 'note'", " ?? 'note'"), event.eventId());
        assertThat(row)
                .containsEntry("source", "shop")
                .containsEntry("operation", "update")
                .containsEntry("was", "a")
                .containsEntry("is", "b")
                .containsEntry("invented", false)
                .containsEntry("changed", "name")
                .containsEntry("unavailable", "note")
                .containsEntry("before_completeness", "FULL")
                .containsEntry("transaction_id", 700L)
                .containsEntry("epoch", 1)
                .containsEntry("key_hash", new RowKey(key(1)).hash("shop", table.table()));
        assertThat(((java.sql.Timestamp) row.get("committed_at")).toInstant())
                .isEqualTo(event.transaction().committedAt().truncatedTo(java.time.temporal.ChronoUnit.MICROS));
        assertThat(io.millrace.event.Lsn.parse((String) row.get("lsn"))).isEqualTo(event.lsn());
    }

    @Test
    void currentMonthHasItsOwnPartition() throws Exception {
        write(events.create(key(1), item(1, "a")));
        List<String> partitions = sql.queryForList(
                "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'millrace.change_log'::regclass",
                String.class);
        assertThat(partitions).hasSize(3);
        assertThat(sql.queryForObject(
                        "SELECT tableoid::regclass::text FROM millrace.change_log WHERE table_name = ?",
                        String.class,
                        table.table().table()))
                .doesNotContain("default");
    }

    @Test
    void escapedNulDoesNotLoseTheChange() throws Exception {
        write(events.create(key(1), "{\"id\":1,\"name\":\"a\\u0000b\\\\u0000\"}"));
        assertThat(held(1).get("name").asString()).isEqualTo("a\ufffdb\\u0000");
    }
}
