package io.millrace.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.millrace.catalog.Alert.Severity;
import io.millrace.catalog.Alerts.Trouble;
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
import io.millrace.event.kafka.Topics;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeAll;
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
        reach(database, stack);
    }

    private static void reach(PGSimpleDataSource database, LocalStack stack) {
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

    @BeforeAll
    static void migrateByThreeAppsAtOnce(LocalStack stack) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        reach(database, stack);
        IntStream.range(0, 3).parallel().forEach(app -> flyway(database).migrate());
    }

    @BeforeEach
    void empty() {
        template.execute("TRUNCATE millrace.source, millrace.delivery_offset, millrace.past_epoch CASCADE");
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
    void anAppWithAnotherSecretIsToldAtItsStartAndHowToGoOnWithoutTheFirst() {
        PlatformDatabase platform = new PlatformDatabase(database, database.getUrl(), database.getUser());
        SecretCipher another = new SecretCipher("another secret");

        assertThatThrownBy(() -> platform.requireReadable(another))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("source shop")
                .hasMessageContaining("UPDATE millrace.source SET password_cipher = ''");

        template.execute("UPDATE millrace.source SET password_cipher = ''");
        platform.requireReadable(another);
        assertThat(catalog("another secret").source("shop").orElseThrow().password())
                .isEmpty();
    }

    @Test
    void aPlatformDatabaseThatCannotBeUsedIsASentence() {
        assertThatThrownBy(() -> platform(database.getUrl(), "wrong").migrate())
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("refuses the login of postgres")
                .hasMessageContaining("SPRING_DATASOURCE_PASSWORD");
        assertThatThrownBy(
                        () -> platform(database.getUrl().replace("/millrace", "/nowhere"), LocalStack.POSTGRES_PASSWORD)
                                .migrate())
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("/nowhere does not exist")
                .hasMessageContaining("CREATE DATABASE");
        assertThatThrownBy(() -> platform("jdbc:postgresql://localhost:1/millrace?password=hidden", "x")
                        .migrate())
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("localhost:1/millrace does not answer")
                .hasMessageContaining("SPRING_DATASOURCE_URL")
                .hasMessageNotContaining("hidden");
    }

    @Test
    void aUserWhoMayNotMakeTheTablesIsToldWhatToRun() {
        template.execute("DROP DATABASE IF EXISTS not_ours");
        template.execute("DROP ROLE IF EXISTS visitor");
        template.execute("CREATE ROLE visitor LOGIN PASSWORD 'visitor'");
        template.execute("CREATE DATABASE not_ours");
        PGSimpleDataSource visitor = new PGSimpleDataSource();
        visitor.setURL(database.getUrl().replace("/millrace", "/not_ours"));
        visitor.setUser("visitor");
        visitor.setPassword("visitor");

        assertThatThrownBy(() -> new PlatformDatabase(visitor, visitor.getUrl(), "visitor").migrate())
                .isInstanceOf(StartRefusedException.class)
                .hasMessageContaining("GRANT CREATE ON DATABASE");
    }

    private static PlatformDatabase platform(String url, String password) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setURL(url);
        database.setUser(LocalStack.POSTGRES_USER);
        database.setPassword(password);
        return new PlatformDatabase(database, url, LocalStack.POSTGRES_USER);
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
    void readingAnewCancelsWhatIsOpenPausedOrFilteredAndBeginsAtTheFirstRow() {
        long table = register("orders").id();
        TableSnapshot whole = catalog.requestSnapshot(table, "anna");
        runs.begun(whole.id(), 77, "{\"id\":100}", 100L);
        runs.progress(whole.id(), 10, null, 5.0, 18L, "{\"id\":10}");
        runs.pause(whole.id(), "Paused by anna.");
        TableSnapshot part = runs.request(table, "n > 1", "anna");
        TableSnapshot done = runs.request(table, "n > 2", "anna");
        runs.ended(done.id(), SnapshotState.DONE, null);

        TableSnapshot anew = catalog.readAnew(table, "millrace: the table was created again");
        assertThat(anew.state()).isEqualTo(SnapshotState.REQUESTED);
        assertThat(anew.lastKey()).isNull();
        assertThat(anew.filter()).isNull();
        assertThat(runs.of(table, 10))
                .extracting(TableSnapshot::id, TableSnapshot::state)
                .containsExactly(
                        tuple(anew.id(), SnapshotState.REQUESTED),
                        tuple(done.id(), SnapshotState.DONE),
                        tuple(part.id(), SnapshotState.CANCELLED),
                        tuple(whole.id(), SnapshotState.CANCELLED));
        assertThat(runs.resume(whole.id())).isFalse();
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
                List.of(new Offsets.Advance(new Offsets.TopicPartitionId(table.topic(), 1), 0, 0, 5, null, null, 5)));
        assertThat(offsets.deliveriesOf(table.topic()))
                .isEqualTo(offsets.deliveries("redis"))
                .hasSize(1);
        assertThat(offsets.deliveriesOf("another")).isEmpty();
        Search search = runs.claim("redis").get(0);
        assertThat(runs.claim("redis")).as("claimed").isEmpty();
        rereads.request(table.id(), List.of(Doubt.of(new RowKey("{\"id\":1}"))), id, "redis");
        rereads.request(table.id(), List.of(Doubt.of(new RowKey("{\"id\":1}"))), null, "capture");
        runs.searched(search, 1);
        catalog.bindingState(table.id(), "audit", BindingState.PAUSED, null);
        assertThat(runs.isSearched(id)).isFalse();
        List<Reread> open = rereads.next(table.id(), 10);
        assertThat(open).extracting(Reread::snapshotId).containsExactly(id, null);
        assertThat(rereads.openUpTo(rereads.newest())).singleElement().satisfies(one -> assertThat(one.rows())
                .isEqualTo(2));
        long newest = rereads.newest();
        rereads.answered(rereads.next(table.id(), 10));
        assertThat(rereads.newest())
                .as("a barrier sees what was asked and answered")
                .isEqualTo(newest);
        rereads.request(table.id(), List.of(Doubt.of(new RowKey("{\"id\":2}"))), null, "redis");
        assertThat(rereads.newest()).isGreaterThan(newest);
        assertThat(runs.isSearched(id)).as("a paused sink is not waited for").isTrue();
        catalog.bindingState(table.id(), "audit", BindingState.ACTIVE, null);
        assertThat(runs.isSearched(id)).isFalse();
    }

    @Test
    void aSnapshotThatWasPausedWhileItsSinksAreSearchedGoesOnWithThat() {
        CapturedTable table = register("orders");
        long id = catalog.requestSnapshot(table.id(), "anna").id();
        runs.begun(id, 77, null, null);
        runs.progress(id, 0, null, null, null, null);
        runs.allRead(id, new long[] {0});
        List<Search> searches =
                List.of(runs.claim("redis").get(0), runs.claim("audit").get(0));

        assertThat(runs.pause(id, "Paused by anna.")).isTrue();
        assertThat(searches).noneMatch(search -> runs.holdClaim(search, 0));
        assertThat(runs.resume(id)).isTrue();
        assertThat(runs.find(id)).hasValueSatisfying(resumed -> {
            assertThat(resumed.state()).isEqualTo(SnapshotState.RUNNING);
            assertThat(resumed.message()).isNull();
        });
        assertThat(searches).allMatch(search -> runs.holdClaim(search, 0));

        template.execute("UPDATE millrace.snapshot_search SET claimed_until = now()");
        runs.claim("redis").forEach(search -> runs.searched(search, 0));
        runs.claim("audit").forEach(search -> runs.searched(search, 0));
        assertThat(runs.isSearched(id)).isTrue();
    }

    @Test
    void aRowThatIsAskedForAgainWhileItIsReadIsReadAgain() {
        long table = register("orders").id();
        RowKey key = new RowKey("{\"id\":1}");
        rereads.request(table, List.of(Doubt.of(key), Doubt.of(new RowKey("{\"id\":2}"))), null, "capture");
        List<Reread> read = rereads.next(table, 10);

        rereads.request(table, List.of(Doubt.of(key)), null, "redis");
        rereads.answered(read);
        assertThat(rereads.next(table, 10))
                .as("under its id, which a barrier waits for")
                .containsExactly(new Reread(read.get(0).id(), key, null, null, 1));

        rereads.answered(rereads.next(table, 10));
        assertThat(rereads.open(table)).isZero();
    }

    @Test
    void aRowIsJudgedByWhatEachSinkHoldsAndForEachSnapshot() {
        long table = register("orders").id();
        long some = runs.request(table, "n > 1", "anna").id();
        RowKey key = new RowKey("{\"id\":1}");
        rereads.request(table, List.of(new Doubt(key, "{\"n\":5}")), some, "redis");
        rereads.request(table, List.of(new Doubt(key, "{\"n\":5}")), some, "elasticsearch");
        rereads.request(table, List.of(new Doubt(key, "{\"n\": 5}")), some, "audit");
        rereads.request(table, List.of(new Doubt(key, null)), null, "redis");
        assertThat(rereads.next(table, 10))
                .extracting(Reread::held, Reread::snapshotId, Reread::asked)
                .containsExactly(tuple("{\"n\":5}", some, 1), tuple("{\"n\": 5}", some, 0), tuple(null, null, 0));
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
    void aVersionIsFoundAgainWhereItHeld() {
        long table = register("orders").id();
        List<Column> added = List.of(COLUMNS.get(0), COLUMNS.get(1), new Column("c", "text", "text", 25, true));
        List<Column> retyped = List.of(COLUMNS.get(0), new Column("na\"me", "text", "text", 25, true));
        assertThat(record(table, COLUMNS, 100L)).isEqualTo(1);
        assertThat(record(table, added, 200L)).isEqualTo(2);
        assertThat(record(table, COLUMNS, 200L))
                .as("back within the transaction")
                .isEqualTo(1);
        assertThat(record(table, retyped, null)).as("seen by a snapshot").isEqualTo(3);
        assertThat(record(table, added, 300L)).as("the stream is not there yet").isEqualTo(2);
        assertThat(record(table, retyped, 400L)).isEqualTo(3);
        assertThat(record(table, COLUMNS, 500L)).isEqualTo(4);

        // after a restart all of it comes again
        assertThat(record(table, COLUMNS, 100L)).isEqualTo(1);
        assertThat(record(table, added, 200L)).isEqualTo(2);
        assertThat(record(table, retyped, 450L)).isEqualTo(3);
        assertThat(record(table, COLUMNS, 600L)).isEqualTo(4);
        assertThat(catalog.schemas(table)).extracting(TableSchema::firstLsn).containsExactly(null, 200L, 400L, 500L);
        assertThat(catalog.schemas(table)
                        .get(1)
                        .changesSince(catalog.schemas(table).get(0)))
                .containsExactly("c text added");
        assertThat(catalog.table(table).orElseThrow().columns()).isEqualTo(COLUMNS);
    }

    @Test
    void aShapingIsKeptWithTheColumnsThatTheTableHadThen() {
        Shapings shapings = new JdbcShapings(
                template,
                new TransactionTemplate(new DataSourceTransactionManager(database)),
                new SecretCipher("a secret"));
        long table = register("orders").id();
        List<Column> later = List.of(COLUMNS.get(0), new Column("other", "text", "text", 25, true));
        assertThat(shapings.declare(table, "redis", "{}", 0, "anna")).isEqualTo(1);
        record(table, later, 100L);
        assertThat(shapings.declare(table, "redis", "{}", 1, "anna")).isEqualTo(2);
        assertThat(shapings.columnsWhenDeclared(table, "redis", 1)).isEqualTo(COLUMNS);
        assertThat(shapings.columnsWhenDeclared(table, "redis", 2)).isEqualTo(later);
        assertThat(shapings.columnsWhenDeclared(table, "redis", 3)).isEmpty();

        CapturedTable shaped = catalog.register(new TableRegistration(
                "shop",
                new TableId("public", "shaped"),
                List.of("id"),
                COLUMNS,
                ReplicaIdentity.DEFAULT,
                Set.of("redis"),
                "anna",
                Map.of("redis", "{}")));
        assertThat(shapings.columnsWhenDeclared(shaped.id(), "redis", 1)).isEqualTo(COLUMNS);
    }

    private int record(long table, List<Column> columns, Long lsn) {
        return catalog.recordSchema(table, columns, List.of("id"), ReplicaIdentity.FULL, lsn);
    }

    @Test
    void anAlertIsOpenOnceAndOverWhenItsBindingIsActivated() {
        CapturedTable table = register("orders");
        Alerts alerts = catalog.alerts();
        Trouble trouble =
                Trouble.of(AlertName.SINK_STOPPED, Severity.CRITICAL, table, "redis", "It stopped.", "Start it.");
        Trouble other = Trouble.of(
                AlertName.TABLE_RENAMED, Severity.WARNING, table, null, "It was renamed.", "Rename it back.");
        assertThat(alerts.raise(other)).isTrue();
        assertThat(alerts.raise(trouble)).isTrue();
        assertThat(alerts.raise(trouble)).isFalse();
        assertThat(alerts.open())
                .extracting(Alert::name, Alert::subject, Alert::occurrences)
                .containsExactly(
                        tuple(AlertName.SINK_STOPPED, "shop/public.orders/redis", 2),
                        tuple(AlertName.TABLE_RENAMED, "shop/public.orders", 1));

        catalog.bindingState(table.id(), "redis", BindingState.ACTIVE, null);
        assertThat(alerts.open()).extracting(Alert::name).containsExactly(AlertName.TABLE_RENAMED);
        assertThat(alerts.raise(trouble)).as("met again").isTrue();
        assertThat(alerts.resolve(AlertName.TABLE_RENAMED, "shop/public.orders"))
                .isTrue();
        long open = alerts.open().get(0).id();
        assertThat(alerts.dismiss(open, "anna").orElseThrow().resolvedBy()).isEqualTo("anna");
        assertThat(alerts.open()).isEmpty();
        assertThat(alerts.recent(10)).hasSize(3);
    }

    @Test
    void aTableFailsWithItsAlertUnlessItIsBeingTakenOut() {
        CapturedTable table = register("orders");
        CapturedTable removed = register("lines");
        catalog.tableState(removed.id(), TableState.REMOVING, null);
        for (CapturedTable each : List.of(table, removed)) {
            catalog.tableFailed(each, AlertName.TABLE_FAILED, "It has no key.", "Add one.");
        }
        assertThat(catalog.table(table.id()).orElseThrow())
                .extracting(CapturedTable::state, CapturedTable::message)
                .containsExactly(TableState.FAILED, "It has no key. Add one.");
        assertThat(catalog.alerts().open())
                .extracting(Alert::name, Alert::severity, Alert::tableId, Alert::message, Alert::wayOut)
                .containsExactly(
                        tuple(AlertName.TABLE_FAILED, Severity.CRITICAL, table.id(), "It has no key.", "Add one."));
        assertThat(catalog.table(removed.id()).orElseThrow().state()).isEqualTo(TableState.REMOVING);
    }

    @Test
    void aBindingFailsWithItsAlertAndIsOpenedOnceWithIt() {
        CapturedTable table = register("orders");
        String sink = table.sinks().get(0).sink();
        catalog.bindingFailed(table, sink, "It has no room. Make some.");
        catalog.bindingFailed(table, "elsewhere", "The table does not go there.");
        assertThat(catalog.alerts().open())
                .extracting(Alert::name, Alert::severity, Alert::tableId, Alert::sink, Alert::wayOut)
                .containsExactly(tuple(
                        AlertName.SINK_STOPPED, Severity.CRITICAL, table.id(), sink, "It has no room. Make some."));
        assertThat(catalog.reopenBinding(table.id(), sink)).isTrue();
        assertThat(catalog.alerts().open()).isEmpty();
        assertThat(catalog.reopenBinding(table.id(), sink))
                .as("it is open by now")
                .isFalse();
        catalog.bindingState(table.id(), sink, BindingState.PAUSED, null);
        assertThat(catalog.reopenBinding(table.id(), sink))
                .as("a pause stays one")
                .isFalse();
    }

    @Test
    void topicsThatKafkaTakesForOneAreToldApart() {
        CapturedTable one = catalog.register(registration(new TableId("a", "b_c")));
        CapturedTable other = catalog.register(registration(new TableId("a_b", "c")));

        assertThat(one.topic()).isEqualTo("shop.a.b_c");
        assertThat(Topics.collide(one.topic(), other.topic())).isFalse();
    }

    private static TableRegistration registration(TableId table) {
        return new TableRegistration(
                "shop", table, List.of("id"), COLUMNS, ReplicaIdentity.DEFAULT, Set.of("audit"), "anna");
    }

    @Test
    void aFencedOffsetMovesOnlyFromWhereItIsExpected() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);

        assertThat(offsets.advanceFenced("audit", new Advance(partition, 0, 0, 10, "p1", Instant.EPOCH, 10)))
                .isTrue();
        assertThat(offsets.advanceFenced("audit", new Advance(partition, 0, 0, 12, "p2", Instant.EPOCH, 12)))
                .as("another worker moved it")
                .isFalse();
        assertThat(offsets.advanceFenced("audit", new Advance(partition, 10, 0, 12, null, null, 2)))
                .isTrue();
        assertThat(offsets.deliveries("audit")).singleElement().satisfies(offset -> {
            assertThat(offset.nextOffset()).isEqualTo(12);
            assertThat(offset.events()).isEqualTo(12);
            assertThat(offset.lastPosition()).isEqualTo("p1");
        });
    }

    private long letter(String sink, int partition, long offset) {
        return template.queryForObject(
                "INSERT INTO millrace.dead_letter (sink, topic, partition, record_offset, category, cause)"
                        + " VALUES (?, 'shop.public.former', ?, ?, 'REJECTED', 'no') RETURNING id",
                Long.class,
                sink,
                partition,
                offset);
    }

    /** As id and offset, in the order in which they stand. */
    private List<String> places(String sink, int partition) {
        return template.queryForList(
                "SELECT id || ' at ' || record_offset FROM millrace.dead_letter WHERE sink = ? AND partition = ?"
                        + " ORDER BY record_offset",
                String.class,
                sink,
                partition);
    }

    @Test
    void lettersOfFormerTopicsStandInTheirOrderBeforeAllThatComesAndTakeNoMoreRoomThanTheyNeed() {
        template.execute("TRUNCATE millrace.dead_letter");
        FormerLetters former = new FormerLetters(template);
        TopicPartitionId partition = new TopicPartitionId("shop.public.former", 0);
        long b = letter("redis", 0, 9_000_000_000L);
        long a = letter("redis", 0, 7);
        long present = letter("redis", 0, 8);
        long beside = letter("redis", 1, 7);
        long other = letter("audit", 0, 7);

        former.setApart("redis", partition, a);
        assertThat(places("redis", 0)).containsExactly(a + " at -2", b + " at -1", present + " at 8");

        long later = letter("redis", 0, 9);
        former.setApart("redis", List.of(partition));
        assertThat(places("redis", 0))
                .containsExactly(a + " at -6", b + " at -5", present + " at -4", later + " at -3");
        assertThat(places("redis", 1)).containsExactly(beside + " at 7");
        assertThat(places("audit", 0)).containsExactly(other + " at 7");
    }

    @Test
    void aSinkThatSomeoneMovedDoesNotKnowWhichChangeItReached() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);
        offsets.advance("redis", List.of(new Advance(partition, 0, 0, 10, "p1", Instant.EPOCH, 10)));
        assertThat(offsets.deliveries("redis").get(0).lastPosition()).isEqualTo("p1");

        template.update("UPDATE millrace.delivery_offset SET next_offset = 3");
        assertThat(offsets.deliveries("redis").get(0).lastPosition()).isNull();

        offsets.advance("redis", List.of(new Advance(partition, 3, 1, 4, null, null, 1)));
        assertThat(offsets.deliveries("redis").get(0).lastPosition())
                .as("a step without a change does not bring it back")
                .isNull();
    }

    private Optional<UUID> topicId() {
        return Optional.ofNullable(offsets.deliveries("redis").get(0).topicId());
    }

    @Test
    void aRewindOvertakesWhoeverIsAtWorkAndTellsUpToWhereItRepeats() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);
        assertThat(offsets.advance("redis", List.of(new Advance(partition, 0, 0, 10, "p1", Instant.EPOCH, 10))))
                .isEmpty();
        assertThat(offsets.rewound()).isEmpty();
        offsets.rewind("redis", Map.of(partition, 0L));
        assertThat(offsets.advanceFenced("redis", new Advance(partition, 0, 0, 10, "p1", Instant.EPOCH, 10)))
                .as("of a batch that began there before, and slept")
                .isFalse();
        assertThat(offsets.advanceFenced("redis", new Advance(partition, 0, 1, 10, "p1", Instant.EPOCH, 10)))
                .isTrue();
        template.update("UPDATE millrace.delivery_offset SET rewinds = 0");

        offsets.rewind("redis", Map.of(partition, 4L));

        assertThat(offsets.advance("redis", List.of(new Advance(partition, 10, 0, 12, null, null, 2))))
                .as("the batch that was being written")
                .containsExactly(partition);
        assertThat(offsets.rewound()).singleElement().satisfies(offset -> {
            assertThat(offset.nextOffset()).isEqualTo(4);
            assertThat(offset.replayUntil()).isEqualTo(10);
            assertThat(offset.replays()).isTrue();
            assertThat(offset.rewinds()).isEqualTo(1);
        });
        offsets.rewind("redis", Map.of(partition, 2L));
        assertThat(offsets.advance("redis", List.of(new Advance(partition, 2, 2, 10, null, null, 8))))
                .isEmpty();
        assertThat(offsets.rewound()).singleElement().satisfies(offset -> {
            assertThat(offset.replayUntil()).isEqualTo(10);
            assertThat(offset.replays()).isFalse();
            assertThat(offset.rewinds()).isEqualTo(2);
        });
        offsets.rewind("redis", Map.of(partition, 3L));
        assertThat(offsets.given("redis", "t")).isEqualTo(Map.of(0, 10L));
        UUID first = UUID.randomUUID();
        UUID second = UUID.randomUUID();
        assertThat(topicId()).isEmpty();
        offsets.topics("redis", Map.of(partition, first));
        offsets.topics("redis", Map.of(partition, second));
        assertThat(topicId()).as("the one that it was found in").hasValue(first);
        offsets.beginAnew("redis", Map.of(partition, 0L), second);
        assertThat(topicId()).hasValue(second);
        offsets.rewind("redis", Map.of(partition, 0L));
        assertThat(topicId()).as("another place in the same topic").hasValue(second);
        assertThat(offsets.given("redis", "t")).as("of the topic as it is now").isEqualTo(Map.of(0, 0L));
        assertThat(offsets.rewound())
                .as("it may hold the same changes again")
                .singleElement()
                .satisfies(offset -> assertThat(offset.replayUntil()).isEqualTo(10));
    }

    @Test
    void waitingShowsSinceWhenAndEndsWithTheNextStep() {
        TopicPartitionId partition = new TopicPartitionId("t", 0);
        offsets.advance("redis", List.of(new Advance(partition, 0, 0, 1, null, null, 1)));
        offsets.waiting("redis", List.of(partition), "Redis does not answer");
        Instant since = offsets.deliveries("redis").get(0).waitingSince();
        offsets.waiting("redis", List.of(partition), "Redis is loading");

        assertThat(offsets.deliveries("redis").get(0).waitingSince())
                .isNotNull()
                .isEqualTo(since);

        offsets.advance("redis", List.of(new Advance(partition, 1, 0, 2, null, null, 1)));
        assertThat(offsets.deliveries("redis").get(0).waitingSince()).isNull();
    }

    @Test
    void sinksAreThoseThatWorkersStillPublish() {
        template.execute("TRUNCATE millrace.sink");
        assertThat(catalog.sinks()).isEmpty();
        SinkDescription audit = new SinkDescription("audit", "History", "", false);
        SinkDescription redis = new SinkDescription(
                "redis",
                "Redis",
                "Rows.",
                true,
                new SinkDescription.Memory(Duration.ofDays(8), "deleted rows", "tombstone-ttl"));
        catalog.publishSinks(List.of(redis, new SinkDescription("audit", "Log", "old", true)));
        catalog.publishSinks(List.of(audit));
        assertThat(catalog.sinks()).containsExactly(audit, redis);

        template.update("UPDATE millrace.sink SET published_at = now() - interval '1 hour'");
        assertThat(catalog.sinks()).as("while no worker runs").containsExactly(audit, redis);
        catalog.publishSinks(List.of(audit));
        assertThat(catalog.sinks()).containsExactly(audit);
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
        assertThat(offsets.store(stored, 1)).isTrue();

        assertThat(offsets.capture("shop"))
                .get()
                .usingRecursiveComparison()
                .ignoringFields("updatedAt")
                .isEqualTo(stored);
    }

    private static CaptureOffset captured(long endLsn) {
        return new CaptureOffset("shop", 1, null, endLsn, null, "7400", 1, 0, Instant.EPOCH);
    }

    @Test
    void anOlderLeaseStoresNoCaptureOffset() {
        assertThat(offsets.store(captured(0x100), 1)).isTrue();
        assertThat(offsets.store(captured(0x200), 1)).isTrue();
        offsets.claim("shop", 2);
        assertThat(offsets.store(captured(0x300), 1)).isFalse();
        assertThat(offsets.capture("shop").orElseThrow().endLsn()).isEqualTo(0x200);
        assertThat(offsets.store(captured(0x400), 2)).isTrue();
    }

    @Test
    void aSourceThatIsRegisteredAgainGoesOnWithTheNextEpoch() {
        catalog.beginEpoch("shop");
        catalog.removeSource("shop");
        catalog.addSource(Source.of("shop", "localhost", 5432, "shop", "me", "x", "prefer"), "anna");
        assertThat(catalog.source("shop").orElseThrow().epoch()).isEqualTo(3);
    }
}
