package io.millrace.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.snapshot.JdbcRereads;
import io.millrace.catalog.snapshot.JdbcSnapshotRuns;
import io.millrace.catalog.snapshot.Rereads;
import io.millrace.catalog.snapshot.Rereads.Doubt;
import io.millrace.catalog.snapshot.Rereads.Reread;
import io.millrace.catalog.snapshot.SnapshotRuns;
import io.millrace.catalog.snapshot.SnapshotRuns.Search;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

@ExtendWith(LocalStackExtension.class)
class CatalogIT {

    private static final List<Column> COLUMNS = List.of(
            new Column("id", "bigint", "int8", 20, false),
            new Column("na\"me", "numeric(20,6)", "numeric", 1700, true));

    private final PGSimpleDataSource database = new PGSimpleDataSource();
    private final JdbcTemplate template = new JdbcTemplate(database);
    private final PipelineCatalog catalog = catalog("a secret");
    private final Offsets offsets = new JdbcOffsets(template);
    private final SnapshotRuns runs =
            new JdbcSnapshotRuns(template, new TransactionTemplate(new DataSourceTransactionManager(database)));
    private final Rereads rereads = new JdbcRereads(template);

    CatalogIT(LocalStack stack) {
        database.setURL(stack.postgresJdbcUrl("millrace"));
        database.setUser(LocalStack.POSTGRES_USER);
        database.setPassword(LocalStack.POSTGRES_PASSWORD);
    }

    private PipelineCatalog catalog(String secret) {
        return new JdbcPipelineCatalog(
                template,
                new TransactionTemplate(new DataSourceTransactionManager(database)),
                new SecretCipher(secret));
    }

    private static Flyway flyway(PGSimpleDataSource database) {
        return Flyway.configure()
                .dataSource(database)
                .schemas("millrace")
                .locations("classpath:db/migration/millrace")
                .load();
    }

    @BeforeEach
    void migrateByThreeAppsAtOnceAndEmpty() {
        IntStream.range(0, 3).parallel().forEach(app -> flyway(database).migrate());
        template.execute("TRUNCATE millrace.source, millrace.delivery_offset CASCADE");
        catalog.addSource(Source.of("shop", "localhost", 5432, "shop", "me", "pass'word", "prefer"), "anna");
    }

    private CapturedTable register(String table) {
        return catalog.register(new TableRegistration(
                "shop",
                new TableId("public", table),
                List.of("id"),
                COLUMNS,
                ReplicaIdentity.DEFAULT,
                Set.of("audit", "redis"),
                "anna"));
    }

    @Test
    void passwordsAreStoredEncryptedAndComeBack() {
        assertThat(catalog.source("shop").orElseThrow().password()).isEqualTo("pass'word");
        assertThat(template.queryForObject("SELECT s::text FROM millrace.source s", String.class))
                .doesNotContain("pass'word");
        assertThatThrownBy(() -> catalog("another secret").sources())
                .hasRootCauseInstanceOf(java.security.GeneralSecurityException.class)
                .hasMessageContaining("millrace.catalog.secret");
    }

    @Test
    void aRegisteredTableHasItsBindingsAndAWaitingSnapshot() {
        CapturedTable table = register("orders");

        assertThat(catalog.tables()).containsExactly(table);
        assertThat(catalog.table("shop", new TableId("public", "orders"))).contains(table);
        assertThat(table.columns()).isEqualTo(COLUMNS);
        assertThat(table.state()).isEqualTo(TableState.PENDING);
        assertThat(table.sinks()).extracting(SinkBinding::sink).containsExactly("audit", "redis");
        assertThat(catalog.openSnapshots()).singleElement().satisfies(snapshot -> assertThat(snapshot.tableId())
                .isEqualTo(table.id()));
        assertThatThrownBy(() -> register("orders")).isInstanceOf(DuplicateKeyException.class);
    }

    @Test
    void anOpenSnapshotIsNotAskedForTwice() {
        long table = register("orders").id();
        TableSnapshot first = catalog.requestSnapshot(table, "anna");
        runs.begun(first.id(), 77, "{\"b\":100,\"aa\":1}", 100L);
        assertThat(runs.progress(first.id(), 10, null, 5.0, 18L, "{\"b\":10,\"aa\":1}"))
                .contains(SnapshotState.RUNNING);

        assertThat(catalog.requestSnapshot(table, "anna"))
                .satisfies(open -> assertThat(open.id()).isEqualTo(first.id()))
                .satisfies(open -> assertThat(open.rowsDone()).isEqualTo(10))
                .satisfies(open -> assertThat(open.lastKey())
                        .as("a key keeps the order of its columns")
                        .isEqualTo("{\"b\":10,\"aa\":1}"));
        assertThat(runs.request(table, "n > 1", "anna").id()).isNotEqualTo(first.id());

        runs.ended(first.id(), SnapshotState.DONE, null);
        assertThat(catalog.requestSnapshot(table, "anna").id()).isNotEqualTo(first.id());
    }

    @Test
    void aSnapshotIsPausedResumedAndCancelledAndKeepsItsPlace() {
        long id = catalog.requestSnapshot(register("orders").id(), "anna").id();
        runs.begun(id, 77, "{\"id\":100}", 100L);
        runs.progress(id, 10, null, 5.0, 18L, "{\"id\":10}");

        assertThat(runs.pause(id, "Paused by anna.")).isTrue();
        assertThat(runs.progress(id, 20, null, 5.0, 16L, "{\"id\":20}"))
                .as("the chunk that was under way counts, and the reader learns that it is to stop")
                .contains(SnapshotState.PAUSED);
        assertThat(catalog.openSnapshots()).isEmpty();
        assertThat(runs.find(id)).hasValueSatisfying(paused -> {
            assertThat(paused.lastKey()).isEqualTo("{\"id\":20}");
            assertThat(paused.rowsPerSecond()).isNull();
            assertThat(paused.message()).isEqualTo("Paused by anna.");
        });
        assertThat(runs.pause(id, "again")).isFalse();
        assertThat(runs.resume(id)).isTrue();
        assertThat(catalog.openSnapshots()).singleElement().satisfies(open -> assertThat(open.endKey())
                .isEqualTo("{\"id\":100}"));
        assertThat(runs.cancel(id, "Cancelled by anna.")).isTrue();
        runs.ended(id, SnapshotState.DONE, null);
        assertThat(runs.find(id).orElseThrow().state()).isEqualTo(SnapshotState.CANCELLED);
    }

    @Test
    void aSearchWaitsForTheSinkAndForItsQuestions() {
        CapturedTable table = register("orders");
        long id = catalog.requestSnapshot(table.id(), "anna").id();
        runs.begun(id, 77, "{\"id\":100}", 100L);
        runs.progress(id, 10, null, null, null, null);
        runs.allRead(id, new long[] {0, 5});
        assertThat(runs.claim("redis")).as("nothing delivered yet").isEmpty();
        offsets.advance(
                "redis",
                List.of(new Offsets.Advance(new Offsets.TopicPartitionId(table.topic(), 1), 0, 5, null, null, 5)));
        Search search = runs.claim("redis").get(0);
        assertThat(runs.claim("redis")).as("claimed").isEmpty();
        rereads.request(table.id(), List.of(Doubt.of(new RowKey("{\"id\":1}"))), id, "redis");
        rereads.request(table.id(), List.of(Doubt.of(new RowKey("{\"id\":1}"))), null, "capture");
        runs.searched(search, 1);
        catalog.bindingState(table.id(), "audit", BindingState.PAUSED, null);
        assertThat(runs.isSearched(id)).isFalse();
        List<Reread> open = rereads.next(table.id(), 10);
        assertThat(open).singleElement().satisfies(one -> assertThat(one.snapshotId())
                .isEqualTo(id));
        assertThat(rereads.openUpTo(rereads.newest())).singleElement().satisfies(one -> assertThat(one.rows())
                .isEqualTo(1));
        rereads.answered(List.of(open.get(0).id()));
        assertThat(runs.isSearched(id)).as("a paused sink is not waited for").isTrue();
        catalog.bindingState(table.id(), "audit", BindingState.ACTIVE, null);
        assertThat(runs.isSearched(id)).isFalse();
    }

    @Test
    void aSchemaGetsANewVersionOnlyWhenItDiffers() {
        long table = register("orders").id();

        assertThat(catalog.recordSchema(table, COLUMNS, List.of("id"), ReplicaIdentity.FULL, null))
                .isEqualTo(1);
        assertThat(catalog.recordSchema(table, COLUMNS.subList(0, 1), List.of("id"), ReplicaIdentity.FULL, 77L))
                .isEqualTo(2);
        assertThat(catalog.table(table).orElseThrow().schemaVersion()).isEqualTo(2);
    }

    @Test
    void aFencedOffsetMovesOnlyFromWhereItIsExpected() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);

        assertThat(offsets.advanceFenced("audit", new Advance(partition, 0, 10, "p1", Instant.EPOCH, 10)))
                .isTrue();
        assertThat(offsets.advanceFenced("audit", new Advance(partition, 0, 12, "p2", Instant.EPOCH, 12)))
                .as("another worker moved it")
                .isFalse();
        assertThat(offsets.advanceFenced("audit", new Advance(partition, 10, 12, null, null, 2)))
                .isTrue();
        assertThat(offsets.deliveries("audit")).singleElement().satisfies(offset -> {
            assertThat(offset.nextOffset()).isEqualTo(12);
            assertThat(offset.events()).isEqualTo(12);
            assertThat(offset.lastPosition()).isEqualTo("p1");
        });
    }

    @Test
    void waitingShowsSinceWhenAndEndsWithTheNextStep() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);
        offsets.advance("redis", List.of(new Advance(partition, 0, 1, null, null, 1)));
        offsets.waiting("redis", List.of(partition), "Redis does not answer");
        Instant since = offsets.deliveries("redis").get(0).waitingSince();
        offsets.waiting("redis", List.of(partition), "Redis is loading");

        assertThat(offsets.deliveries("redis").get(0).waitingSince())
                .isNotNull()
                .isEqualTo(since);

        offsets.advance("redis", List.of(new Advance(partition, 1, 2, null, null, 1)));
        assertThat(offsets.deliveries("redis").get(0).waitingSince()).isNull();
    }

    @Test
    void captureOffsetReadsBack() {
        CaptureOffset stored = new CaptureOffset(
                "shop",
                1,
                new SourcePosition(1, 0xFFFF_FFFF_0000L, 3),
                0xFFFF_FFFF_0100L,
                Instant.EPOCH,
                "7400",
                1,
                5,
                Instant.EPOCH);
        offsets.store(stored);

        assertThat(offsets.capture("shop"))
                .get()
                .usingRecursiveComparison()
                .ignoringFields("updatedAt")
                .isEqualTo(stored);
    }
}
