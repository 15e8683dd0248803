package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.DeliveryOffset;
import io.millrace.catalog.LetterCauses;
import io.millrace.catalog.Offsets.Advance;
import io.millrace.catalog.Offsets.TopicPartitionId;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.ChangeEvent;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.deadletter.DeadLetter;
import io.millrace.sync.deadletter.DeadLetters;
import io.millrace.sync.deadletter.KeptLetter;
import io.millrace.sync.fixture.TestEvents;
import io.millrace.sync.fixture.TestTables;
import io.millrace.sync.fixture.TestTopics;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkKind;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Order per row holds across dead letters, and what people decide about them is done, once. */
class DeadLettersIT extends DeliveryScenario {

    private static final String NOT_SENT = "__debezium_unavailable_value";

    private String bad;

    DeadLettersIT() {
        super("dead_letters", Workers.class, Set.of("states", "effects", "audit", "redis"));
    }

    @Configuration(proxyBeanMethods = false)
    @Import(SyncWorkersApplication.class)
    static class Workers {

        @Bean
        Sink statesSink() {
            return new SteerableSink("states", SinkKind.STATE);
        }

        @Bean
        Sink lonelySink() {
            return new SteerableSink("lonely", SinkKind.STATE);
        }

        @Bean
        Sink effectsSink() {
            return new SteerableSink.OfEffects("effects");
        }
    }

    @BeforeEach
    void refuseSome() {
        bad = "bad in " + table.table().table();
        SteerableSink.refuse(bad, ErrorCategory.REJECTED);
        historyRefuses(bad);
    }

    @AfterEach
    void refuseNothing() {
        SteerableSink.refuse(bad, null);
        historyTakesAll();
    }

    /** PostgreSQL itself refuses a row of the history: a fault that a person can mend. */
    private void historyRefuses(String name) {
        sql.execute(
                "ALTER TABLE millrace.change_log ADD CONSTRAINT refused_by_test CHECK (after->>'name' IS DISTINCT FROM '"
                        + name + "') NOT VALID");
    }

    private void historyTakesAll() {
        sql.execute("ALTER TABLE millrace.change_log DROP CONSTRAINT IF EXISTS refused_by_test");
    }

    private void mend() {
        SteerableSink.refuse(bad, null);
        historyTakesAll();
    }

    private String state(int id) {
        return SteerableSink.row(table.table().table(), key(id));
    }

    private List<String> effects() {
        return SteerableSink.effects(table.table().table()).stream()
                .map(effect -> effect.replaceAll(",\"amount.*", "").replaceAll("\\{\"id\":(\\d+)} .*\"name\":", "$1 "))
                .toList();
    }

    private String effect(String operation, int id, String name) {
        return operation + " " + id + " \"" + name + "\"";
    }

    private void decide(String sink, String from, String to) {
        sql.update(
                "UPDATE millrace.dead_letter SET state = ?, decided_by = 'test', decided_at = now(), reason = 'because'"
                        + " WHERE topic = ? AND sink = ? AND state = ?",
                to,
                table.topic(),
                sink,
                from);
    }

    private void awaitAllAt(long offset) {
        await().untilAsserted(() -> {
            for (String sink : List.of("states", "effects", "audit", "redis")) {
                assertThat(next(sink)).as(sink).isEqualTo(offset);
            }
        });
    }

    /** As one whose disk is slow, at the rows that it refused. */
    private void historyTakesItsTime(boolean on) {
        sql.execute("DROP TRIGGER IF EXISTS slow_for_test ON millrace.change_log");
        if (on) {
            sql.execute("CREATE OR REPLACE FUNCTION millrace.slow_for_test() RETURNS trigger LANGUAGE plpgsql AS"
                    + " $$ BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END $$");
            sql.execute("CREATE TRIGGER slow_for_test BEFORE INSERT ON millrace.change_log FOR EACH ROW"
                    + " WHEN (NEW.after->>'name' = '" + bad + "') EXECUTE FUNCTION millrace.slow_for_test()");
        }
    }

    @Test
    void newChangesHaveTheirTurnWhileManyLettersAreRetried() throws Exception {
        List<ChangeEvent> refused = new ArrayList<>();
        for (int id = 1; id <= 60; id++) {
            refused.add(events.create(key(id), item(id, bad)));
        }
        send(refused.toArray(ChangeEvent[]::new));
        awaitAllAt(60);
        mend();
        historyTakesItsTime(true);
        try {
            decide("audit", "OPEN", "RETRYING");
            await().until(() ->
                    !history(1).isEmpty() || letters("audit").stream().anyMatch(one -> one.endsWith("RETRIED")));
            send(events.create(key(1000), item(1000, "new")));
            await().until(() -> !history(1000).isEmpty());
            assertThat(letters("audit").stream().filter(one -> one.endsWith("RETRYING")))
                    .as("still to be given again")
                    .hasSizeGreaterThan(10);
            await().untilAsserted(() -> assertThat(letters("audit")).allMatch(one -> one.endsWith("RETRIED")));
        } finally {
            historyTakesItsTime(false);
        }
    }

    @Test
    void aNewerWholeStateGoesOnAndTakesTheDeadLettersPlace() throws Exception {
        send(events.create(key(1), item(1, bad)), events.create(key(2), item(2, "other")));
        awaitAllAt(2);
        assertThat(letters("states")).containsExactly("1:OPEN");

        send(events.update(key(1), null, item(1, "newer")));

        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:SUPERSEDED"));
        assertThat(state(1)).isEqualTo(item(1, "newer"));
        assertThat(state(2)).isEqualTo(item(2, "other"));
    }

    @Test
    void aLetterThatIsRetriedLeavesANewerStateThatTheSinkHolds() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        // as a rebuild brings it, beside delivery
        ChangeEvent newer = events.update(key(1), null, item(1, "newer"));
        new SteerableSink("states", SinkKind.STATE).write(SinkBatch.of(List.of(new Change(table, newer))));

        mend();
        decide("states", "OPEN", "RETRYING");

        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:RETRIED"));
        assertThat(state(1)).isEqualTo(item(1, "newer"));
    }

    @Test
    void aTruncateTakesThePlaceOfAllDeadLettersBeforeIt() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        ChangeEvent truncate = events.truncate();
        for (int partition = 0; partition < 3; partition++) {
            producer.send(events.record(truncate, partition)).get();
        }
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:SUPERSEDED"));
    }

    @Test
    void aPartOfAStateWaitsForTheDeadLetterThatMayHoldTheRest() throws Exception {
        send(events.create(key(1), item(1, "first")));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(item(1, "first")));
        send(events.update(key(1), null, item(1, bad).replace("\"n\"", "\"long\"")));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        send(events.update(key(1), null, item(1, "third").replace("\"n\"", '"' + NOT_SENT + '"'), "note"));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:WAITING"));
        assertThat(state(1)).isEqualTo(item(1, "first"));

        mend();
        decide("states", "OPEN", "RETRYING");

        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:RETRIED", "1:RETRIED"));
        assertThat(state(1)).isEqualTo(item(1, "third").replace("\"n\"", "\"long\""));
    }

    private List<String> askedFor() {
        return sql.queryForList(
                "SELECT key FROM millrace.reread WHERE table_id = ? ORDER BY id", String.class, table.id());
    }

    private String large(int id, String name, String large) {
        return item(id, name).replace("\"n\"", '"' + large + '"');
    }

    /** What the sink holds is not what the change behind the discarded one was made to. */
    @Test
    void aPartOfAStateBehindADiscardedOneIsNotCompletedFromTheOneBefore() throws Exception {
        send(events.create(key(1), large(1, "first", "X")));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(large(1, "first", "X")));
        send(events.update(key(1), null, large(1, bad, "Y")));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        send(events.update(key(1), null, large(1, "third", NOT_SENT), "note"));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:WAITING"));

        decide("states", "OPEN", "DISCARDED");
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:DISCARDED", "1:RETRIED"));
        assertThat(stateOf("states", 1)).endsWith("The row was read again instead.");
        assertThat(state(1)).isEqualTo(large(1, "first", "X"));
        assertThat(askedFor()).containsExactly(key(1));

        // what comes before the answer is in it too
        sql.update("DELETE FROM millrace.reread WHERE table_id = ?", table.id());
        long standing = next("states");
        send(events.update(key(1), null, large(1, "fourth", NOT_SENT), "note"));
        await().untilAsserted(() -> assertThat(next("states")).isEqualTo(standing + 1));
        await().untilAsserted(() -> assertThat(askedFor()).containsExactly(key(1)));
        assertThat(state(1)).isEqualTo(large(1, "first", "X"));

        send(events.read(key(1), large(1, "fourth", "Y"), TestEvents.nextLsn()));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(large(1, "fourth", "Y")));
        sql.update("DELETE FROM millrace.reread WHERE table_id = ?", table.id());
        send(events.update(key(1), null, large(1, "fifth", NOT_SENT), "note"));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(large(1, "fifth", "Y")));
        assertThat(askedFor()).isEmpty();
    }

    @Test
    void whatADiscardedLetterLeavesOpenIsKnownAfterARestart() throws Exception {
        send(events.create(key(1), large(1, "first", "X")));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(large(1, "first", "X")));
        send(events.update(key(1), null, large(1, bad, "Y")));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        decide("states", "OPEN", "DISCARDED");
        application.close();
        run();
        send(events.update(key(1), null, large(1, "third", NOT_SENT), "note"));
        await().untilAsserted(() -> assertThat(next("states")).isEqualTo(3));
        assertThat(askedFor()).containsExactly(key(1));
        assertThat(state(1)).isEqualTo(large(1, "first", "X"));
        assertThat(letters("states")).containsExactly("1:DISCARDED");
    }

    @Test
    void coalescedChangesThatAreRefusedAreKeptAsTheyCame() throws Exception {
        catalog.bindingState(table.id(), "states", BindingState.PAUSED, null);
        await().until(() -> knownClosed("states"));
        send(
                events.create(key(1), item(1, "first")),
                events.update(key(1), null, item(1, bad).replace("\"n\"", '"' + NOT_SENT + '"'), "note"),
                events.update(key(1), null, item(1, bad + "!").replace("\"n\"", '"' + NOT_SENT + '"'), "note"));
        catalog.bindingState(table.id(), "states", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:WAITING"));
        assertThat(state(1)).isEqualTo(item(1, "first"));
    }

    @Test
    void theHistoryKeepsTheOrderOfARowBehindADeadLetterWhileOtherRowsGoOn() throws Exception {
        send(
                events.create(key(1), item(1, "a")),
                events.update(key(1), null, item(1, bad)),
                events.update(key(1), null, item(1, "c")),
                events.create(key(2), item(2, "x")),
                events.update(key(2), null, item(2, "y")));
        awaitAllAt(5);
        assertThat(history(1)).containsExactly("create:a");
        assertThat(history(2)).containsExactly("create:x", "update:y");
        assertThat(letters("audit")).containsExactly("1:OPEN", "1:WAITING");
        send(events.delete(key(1)));
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN", "1:WAITING", "1:WAITING"));

        decide("audit", "OPEN", "RETRYING");
        await().untilAsserted(() -> {
            assertThat(letters("audit")).containsExactly("1:OPEN", "1:WAITING", "1:WAITING");
            assertThat(sql.queryForObject(
                            "SELECT occurrences FROM millrace.dead_letter WHERE topic = ? AND sink = 'audit' AND state = 'OPEN'",
                            Integer.class,
                            table.topic()))
                    .as("refused a second time")
                    .isEqualTo(2);
        });

        mend();
        decide("audit", "OPEN", "RETRYING");
        await().untilAsserted(
                        () -> assertThat(letters("audit")).containsExactly("1:RETRIED", "1:RETRIED", "1:RETRIED"));
        assertThat(history(1)).containsExactly("create:a", "update:" + bad, "update:c", "delete:");
        send(events.create(key(1), item(1, "again")));
        await().untilAsserted(() -> assertThat(history(1)).hasSize(5).endsWith("create:again"));
    }

    @Test
    void whatWaitsFollowsADiscardedLetterAndARewindDoesNotBringThatBack() throws Exception {
        send(events.create(key(1), item(1, bad)), events.update(key(1), null, item(1, "b")));
        awaitAllAt(2);
        decide("audit", "OPEN", "DISCARDED");
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:DISCARDED", "1:RETRIED"));
        assertThat(history(1)).containsExactly("update:b");
        mend();

        RewindIT.rewindToTheBeginning(offsets, "audit", table.topic());
        send(events.update(key(1), null, item(1, "c")));

        await().untilAsserted(() -> assertThat(history(1)).containsExactly("update:b", "update:c"));
        awaitAllAt(3);
        assertThat(letters("audit")).containsExactly("1:DISCARDED", "1:RETRIED");
    }

    @Test
    void aDeadLetterOutlivesItsRecordInTheTablesTopic() throws Exception {
        send(events.create(key(1), item(1, bad)));
        awaitAllAt(1);
        int partition = sql.queryForObject(
                "SELECT partition FROM millrace.dead_letter WHERE topic = ? AND sink = 'audit'",
                Integer.class,
                table.topic());
        try (var admin = admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(table.topic(), partition), RecordsToDelete.beforeOffset(1)))
                    .all()
                    .get();
        }
        assertThatLettersAreKeptForEver();
        mend();
        decide("audit", "OPEN", "RETRYING");
        await().untilAsserted(() -> assertThat(history(1)).containsExactly("create:" + bad));
    }

    private void assertThatLettersAreKeptForEver() throws Exception {
        var letters = new ConfigResource(ConfigResource.Type.TOPIC, table.topic() + ".audit.dlt");
        try (Admin admin = admin()) {
            Config config = admin.describeConfigs(List.of(letters)).all().get().get(letters);
            assertThat(config.get("retention.ms").value()).isEqualTo("-1");
            assertThat(config.get("max.message.bytes").value()).isEqualTo("34603008");
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "millrace.campaign",
            matches = "true",
            disabledReason =
                    "What is sent to a topic that is gone is given up after a quarter of a minute: ./millrace test --campaign")
    void aTopicOfDeadLettersThatIsDeletedIsMadeAgain() throws Exception {
        in(0, events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN"));
        deleteTopic(table.topic() + ".audit.dlt");
        in(0, events.create(key(2), item(2, bad)));
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN", "2:OPEN"));
        assertThatLettersAreKeptForEver();
    }

    /** As after the topic was made anew: the letters' offsets are those of other events. */
    @Test
    void lettersOfATopicThatWasMadeAnewSayNothingOfWhatItHoldsNow() throws Exception {
        send(
                events.create(key(1), item(1, bad)),
                events.create(key(2), item(2, "x")),
                events.create(key(3), item(3, bad)));
        awaitAllAt(3);
        assertThat(letters("audit")).containsExactlyInAnyOrder("1:OPEN", "3:OPEN");
        sql.update(
                "UPDATE millrace.dead_letter SET event_id = 'shop-1-00000000000000F0-00000000', row_version = 1,"
                        + " state = 'DISCARDED', decided_by = 'test', reason = 'because' WHERE topic = ? AND sink = 'audit'",
                table.topic());
        // the first is taken now, the other one is refused still
        historyTakesAll();
        sql.execute(
                "ALTER TABLE millrace.change_log ADD CONSTRAINT refused_by_test CHECK (after->>'id' <> '3') NOT VALID");

        RewindIT.rewindToTheBeginning(offsets, "audit", table.topic());
        send(events.update(key(2), null, item(2, "y")));

        await().untilAsserted(() -> assertThat(history(2)).containsExactly("create:x", "update:y"));
        await().untilAsserted(
                        () -> assertThat(history(1)).as("was never discarded").containsExactly("create:" + bad));
        await().untilAsserted(() -> assertThat(sql.queryForList(
                        "SELECT (key->>'id') || ':' || state || ':' || (record_offset < 0) || ':' || (event_id LIKE '%F0-00000000')"
                                + " FROM millrace.dead_letter WHERE topic = ? AND sink = 'audit'",
                        String.class, table.topic()))
                .as("those of the former topic, set apart, beside the new one")
                .containsExactlyInAnyOrder("1:DISCARDED:true:true", "3:DISCARDED:true:true", "3:OPEN:false:false"));
    }

    /** Of a sink that nobody is: no worker has to do with its letters. */
    private void keep(DeadLetter... letters) {
        assertThat(application.getBean(DeadLetters.class).keep("nobody", List.of(letters)))
                .isTrue();
    }

    private DeadLetter refused(int partition, long offset, ChangeEvent event) {
        var sent = events.record(event, partition);
        DeadLetter letter = kept(partition, offset, sent.value(), event);
        sent.headers().forEach(letter.record().headers()::add);
        return letter;
    }

    private DeadLetter noEvent(long offset, String text) {
        return kept(0, offset, text.getBytes(StandardCharsets.UTF_8), null);
    }

    private DeadLetter kept(int partition, long offset, byte[] value, ChangeEvent event) {
        return new DeadLetter(
                new ConsumerRecord<>(table.topic(), partition, offset, key(1).getBytes(StandardCharsets.UTF_8), value),
                table.source(),
                table.table(),
                event,
                1L,
                event == null ? DeadLetter.Category.MALFORMED : DeadLetter.Category.REJECTED,
                "The test refuses it",
                null);
    }

    private List<String> places() {
        return sql.queryForList(
                "SELECT record_offset || ':' || state || ':' || coalesce(event_id, payload) FROM millrace.dead_letter"
                        + " WHERE topic = ? AND sink = 'nobody' ORDER BY partition, record_offset",
                String.class,
                table.topic());
    }

    @Test
    void whatWasDiscardedSaysNothingOfAnotherRecordWhereOneOfTheTwoIsNoEvent() {
        ChangeEvent former = events.create(key(1), item(1, "former"));
        ChangeEvent event = events.create(key(1), item(1, "new"));
        keep(noEvent(0, "x"), refused(0, 1, former), noEvent(2, "y"));
        decide("nobody", "OPEN", "DISCARDED");

        keep(noEvent(0, "x"), refused(0, 1, former), noEvent(2, "y"));
        assertThat(places())
                .as("the same again")
                .containsExactly("0:DISCARDED:x", "1:DISCARDED:" + former.eventId(), "2:DISCARDED:y");

        keep(refused(0, 0, event), noEvent(1, "x"), noEvent(2, "z"));
        assertThat(places())
                .containsExactly(
                        "-3:DISCARDED:x",
                        "-2:DISCARDED:" + former.eventId(),
                        "-1:DISCARDED:y",
                        "0:OPEN:" + event.eventId(),
                        "1:OPEN:x",
                        "2:OPEN:z");
    }

    @Test
    void aWorkerThatIsBehindTheTimesSetsNothingApart() {
        ChangeEvent former = events.create(key(1), item(1, "former"));
        keep(refused(0, 1, former), noEvent(2, "y"));
        offsets.advance(
                "nobody",
                List.of(new Advance(new TopicPartitionId(table.topic(), 0), 0, 0, 3, null, Instant.EPOCH, 3)));
        ChangeEvent event = events.create(key(1), item(1, "new"));
        assertThat(application
                        .getBean(DeadLetters.class)
                        .keep("nobody", List.of(refused(0, 1, event), noEvent(2, "z"))))
                .isFalse();
        assertThat(places()).containsExactly("1:OPEN:" + former.eventId(), "2:OPEN:y");
    }

    private ChangeEvent[] changes(String name, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> events.update(key(1), null, item(1, name + i)))
                .toArray(ChangeEvent[]::new);
    }

    /** The events of letters that are set apart, in the order in which they are given again. */
    private List<String> formerDue(int partition) {
        return application
                .getBean(DeadLetters.class)
                .due("nobody", new TopicPartition(table.topic(), partition), 0, Set.of(), Set.of(), false, 100)
                .stream()
                .map(KeptLetter::eventId)
                .toList();
    }

    private static List<String> ids(ChangeEvent... changes) {
        return Arrays.stream(changes).map(ChangeEvent::eventId).toList();
    }

    @Test
    void lettersThatAreSetApartStayInTheOrderOfTheirRowHoweverOftenTheTopicIsMadeAnew() {
        ChangeEvent[] a = changes("a", 4);
        ChangeEvent[] b = changes("b", 4);
        ChangeEvent[] c = changes("c", 4);
        for (int offset = 0; offset < 4; offset++) {
            keep(refused(0, offset, a[offset]));
            keep(refused(1, offset, a[offset]));
        }
        decide("nobody", "OPEN", "RETRYING");

        // in partition 0 one after the other, in partition 1 in one batch
        keep(refused(0, 1, b[1]));
        assertThat(formerDue(0)).as("what was kept before goes with it").isEqualTo(ids(a[0], a[1]));
        keep(refused(0, 2, b[2]));
        keep(refused(0, 3, b[3]));
        keep(refused(1, 1, b[1]), refused(1, 2, b[2]), refused(1, 3, b[3]));
        decide("nobody", "OPEN", "RETRYING");
        assertThat(formerDue(0)).isEqualTo(ids(a));
        assertThat(formerDue(1)).isEqualTo(ids(a));

        keep(refused(0, 2, c[2]));
        keep(refused(0, 3, c[3]));
        keep(refused(1, 2, c[2]), refused(1, 3, c[3]));
        assertThat(formerDue(0)).isEqualTo(ids(a[0], a[1], a[2], a[3], b[1], b[2], b[3]));
        assertThat(formerDue(1)).isEqualTo(formerDue(0));
        assertThat(places().stream().filter(place -> !place.startsWith("-")).toList())
                .containsExactly(
                        "2:OPEN:" + c[2].eventId(),
                        "3:OPEN:" + c[3].eventId(),
                        "2:OPEN:" + c[2].eventId(),
                        "3:OPEN:" + c[3].eventId());
    }

    @Test
    void aRetryGivesTheRecordThatWasRefusedAndNotWhateverStandsInItsPlace() throws Exception {
        send(events.create(key(1), item(1, bad)));
        awaitAllAt(1);
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN"));
        ChangeEvent other = events.update(key(1), null, item(1, "other"));
        int partition = sql.queryForObject(
                "SELECT partition FROM millrace.dead_letter WHERE topic = ? AND sink = 'audit'",
                Integer.class,
                table.topic());
        mend();
        catalog.bindingState(table.id(), "audit", BindingState.PAUSED, null);
        await().until(() -> knownClosed("audit"));
        // its copy among the dead letters stays; at its offset another event is found
        producer.send(events.record(other, partition)).get();
        sql.update(
                "UPDATE millrace.dead_letter SET record_offset = 1 WHERE topic = ? AND sink = 'audit'", table.topic());
        sql.update(
                "UPDATE millrace.delivery_offset SET next_offset = 2 WHERE topic = ? AND sink = 'audit' AND partition = ?",
                table.topic(),
                partition);
        decide("audit", "OPEN", "RETRYING");
        catalog.bindingState(table.id(), "audit", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:RETRIED"));
        assertThat(history(1)).containsExactly("create:" + bad);
    }

    private void deleteAllRecords(int partition) throws Exception {
        try (Admin admin = admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(table.topic(), partition), RecordsToDelete.beforeOffset(-1)))
                    .all()
                    .get();
        }
    }

    private void deleteTopic(String topic) throws Exception {
        try (Admin admin = admin()) {
            admin.deleteTopics(List.of(topic)).all().get();
            await().until(() -> !admin.listTopics().names().get().contains(topic));
        }
    }

    /** Of the topic of dead letters, too, another may stand behind the name: then its records are those of other letters. */
    @Test
    void aRetryIsNotGivenTheRecordOfAnotherLetter() throws Exception {
        in(0, events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN"));
        String dead = table.topic() + ".audit.dlt";
        deleteTopic(dead);
        TestTopics.create(stack, dead, 1);
        in(0, events.create(key(2), item(2, bad)));
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN", "2:OPEN"));
        // made as Kafka makes one by itself
        assertThatLettersAreKeptForEver();
        deleteAllRecords(0);
        mend();
        sql.update(
                "UPDATE millrace.dead_letter SET state = 'RETRYING' WHERE topic = ? AND sink = 'audit' AND key->>'id' = '1'",
                table.topic());
        await().untilAsserted(
                        () -> assertThat(stateOf("audit", 1)).startsWith("OPEN The record is no longer in Kafka"));
        assertThat(history(2)).as("nobody asked for it").isEmpty();
        decide("audit", "OPEN", "RETRYING");
        await().untilAsserted(() -> assertThat(letters("audit")).containsExactly("1:OPEN", "2:RETRIED"));
        assertThat(history(2)).containsExactly("create:" + bad);
        assertThat(history(1)).isEmpty();
    }

    @Test
    void aCopyIsThatOfTheLetterThatItIsGivenFor() throws Exception {
        ChangeEvent event = events.create(key(1), item(1, "event"));
        in(0, event);
        in(0, event);
        deleteAllRecords(0);
        keep(noEvent(0, "x"), refused(0, 1, event));
        assertThat(copy(0, 0, null)).hasValue("x");
        assertThat(copy(-2, 0, null)).hasValue("x");
        assertThat(copy(1, 1, event.eventId())).isPresent();
        assertThat(copy(-1, 1, event.eventId())).isPresent();

        assertThat(copy(1, 0, event.eventId())).isEmpty();
        assertThat(copy(-1, 0, event.eventId())).isEmpty();
        assertThat(copy(1, 0, null)).as("of another record that is no event").isEmpty();
        assertThat(copy(-1, 1, null)).as("an event").isEmpty();
        assertThat(copy(0, 1, null)).as("an event").isEmpty();
    }

    private Optional<String> copy(long offset, long letterOffset, String eventId) {
        TopicPartition partition = new TopicPartition(table.topic(), 0);
        return application
                .getBean(DeadLetters.class)
                .record(new KeptLetter(1, "nobody", partition, offset, letterOffset, null, eventId))
                .map(record -> new String(record.value(), StandardCharsets.UTF_8));
    }

    /** Behind the end of a topic nothing comes: looking there takes as long as it may. */
    @Test
    void aSinkWhoseRecordIsLongInComingHoldsUpNoOther() throws Exception {
        ChangeEvent event = events.create(key(1), item(1, "there"));
        in(0, event);
        TopicPartition partition = new TopicPartition(table.topic(), 0);
        DeadLetters letters = application.getBean(DeadLetters.class);
        AtomicReference<Throwable> end = new AtomicReference<>();
        Thread slow = new Thread(
                () -> assertThat(letters.record(new KeptLetter(1, "slow", partition, 1, null, null, null)))
                        .isEmpty(),
                "slow look");
        slow.setUncaughtExceptionHandler((thread, thrown) -> end.set(thrown));
        slow.start();
        await().until(() -> Arrays.stream(slow.getStackTrace())
                .anyMatch(frame -> frame.getMethodName().equals("poll")));
        assertThat(letters.record(new KeptLetter(2, "quick", partition, 0, null, null, event.eventId())))
                .isPresent();
        assertThat(slow.isAlive()).as("it waits still").isTrue();
        slow.join();
        assertThat(end.get()).isNull();
    }

    @Test
    void effectsHappenOnceInTheOrderOfTheirRow() throws Exception {
        send(
                events.create(key(1), item(1, "a")),
                events.update(key(1), null, item(1, bad)),
                events.update(key(1), null, item(1, "c")),
                events.create(key(2), item(2, "x")),
                events.update(key(2), null, item(2, "y")));
        awaitAllAt(5);
        assertThat(effects())
                .containsSubsequence(effect("create", 2, "x"), effect("update", 2, "y"))
                .contains(effect("create", 1, "a"))
                .hasSize(3);
        assertThat(letters("effects")).containsExactly("1:OPEN", "1:WAITING");

        mend();
        decide("effects", "OPEN", "RETRYING");
        await().untilAsserted(() -> assertThat(effects())
                .hasSize(5)
                .containsSubsequence(effect("create", 1, "a"), effect("update", 1, bad), effect("update", 1, "c")));

        RewindIT.rewindToTheBeginning(offsets, "effects", table.topic());
        send(events.update(key(2), null, item(2, "z")));
        await().untilAsserted(() -> assertThat(effects()).hasSize(6).endsWith(effect("update", 2, "z")));
        awaitAllAt(6);
        assertThat(effects()).hasSize(6);
    }

    private String stateOf(String sink, int id) {
        return String.join(
                " ",
                sql.queryForList(
                        "SELECT state || ' ' || cause || coalesce(' ' || reason, '') FROM millrace.dead_letter"
                                + " WHERE topic = ? AND sink = ? AND key->>'id' = ? ORDER BY record_offset",
                        String.class,
                        table.topic(),
                        sink,
                        String.valueOf(id)));
    }

    /** Whether a letter was given to the sink since a person asked for it, and is to be given again. */
    private boolean triedAgain(String sink) {
        return sql.queryForList(
                                "SELECT id FROM millrace.dead_letter WHERE topic = ? AND sink = ? AND state = 'RETRYING'"
                                        + " AND last_attempt_at > decided_at",
                                Long.class,
                                table.topic(),
                                sink)
                        .size()
                == 1;
    }

    /** Rows 1 to 40 are spread over all partitions, that of row 1 among them. */
    @Test
    void aRetryThatIsToWaitHoldsNothingUpButItsRowAndCanBeGivenUp() throws Exception {
        send(events.create(key(1), item(1, bad)), events.update(key(1), null, item(1, "b")));
        awaitAllAt(2);
        assertThat(letters("effects")).containsExactly("1:OPEN", "1:WAITING");
        SteerableSink.refuse(bad, ErrorCategory.RETRYABLE);
        decide("effects", "OPEN", "RETRYING");
        await().until(() -> triedAgain("effects"));

        List<ChangeEvent> more = new ArrayList<>();
        for (int id = 2; id <= 40; id++) {
            more.add(events.create(key(id), item(id, "other")));
        }
        more.add(events.update(key(1), null, item(1, "c")));
        send(more.toArray(ChangeEvent[]::new));
        await().untilAsserted(() -> assertThat(next("effects")).isEqualTo(42));
        assertThat(effects()).hasSize(39).noneMatch(effect -> effect.contains(" 1 "));
        assertThat(letters("effects")).containsExactly("1:RETRYING", "1:WAITING", "1:WAITING");

        decide("effects", "RETRYING", "DISCARDED");
        await().untilAsserted(
                        () -> assertThat(letters("effects")).containsExactly("1:DISCARDED", "1:RETRIED", "1:RETRIED"));
        assertThat(effects())
                .hasSize(41)
                .containsSubsequence(effect("update", 1, "b"), effect("update", 1, "c"))
                .noneMatch(effect -> effect.contains(bad));
    }

    @Test
    void aRetryThatTheSinkTakesInTheEndIsFollowedByWhatWaited() throws Exception {
        send(events.create(key(1), item(1, bad)), events.update(key(1), null, item(1, "b")));
        awaitAllAt(2);
        SteerableSink.refuse(bad, ErrorCategory.RETRYABLE);
        decide("effects", "OPEN", "RETRYING");
        await().until(() -> triedAgain("effects"));
        mend();
        await().untilAsserted(() -> assertThat(letters("effects")).containsExactly("1:RETRIED", "1:RETRIED"));
        assertThat(effects()).containsExactly(effect("create", 1, bad), effect("update", 1, "b"));
    }

    private static Shaping masked() {
        return new Shaping(null, Map.of(), Map.of("note", Mask.of(Mask.Kind.NULL)), null, List.of());
    }

    private void declare(String sink, Shaping shaping) {
        String json = shaping.changesNothing() ? null : shaping.toJson();
        assertThat(application.getBean(Shapings.class).declare(table.id(), sink, json, version(sink), "test"))
                .isPositive();
    }

    /** And waits until nothing is delivered by what was declared before. */
    private void declareAndHold(String sink, Shaping shaping) {
        declare(sink, shaping);
        Instant declared = Instant.now();
        await().until(() -> Instant.now().isAfter(declared.plus(Shapings.HOLDS_AFTER)));
    }

    /** The mask is declared while the sink, which was given the record unmasked, is yet to answer. */
    private void retryWhileAMaskIsDeclared() {
        SteerableSink.hangAt(bad);
        try {
            decide("states", "OPEN", "RETRYING");
            await().until(SteerableSink::hangs);
            declare("states", masked());
            // it is given again only once the test wants it
            catalog.bindingState(table.id(), "states", BindingState.PAUSED, null);
            await().until(() -> knownClosed("states"));
        } finally {
            SteerableSink.release();
        }
    }

    @Test
    void whatASinkSaysOfALetterIsKeptIfItWasGivenItUnderAllThatIsMaskedByThen() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        SteerableSink.refuse(bad, ErrorCategory.RETRYABLE);
        retryWhileAMaskIsDeclared();
        await().untilAsserted(() -> assertThat(said("states")).isEqualTo("RETRYING " + LetterCauses.UNSAID));

        catalog.bindingState(table.id(), "states", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(said("states")).isEqualTo("RETRYING The test refuses it"));

        declareAndHold("states", Shaping.NONE);
        SteerableSink.refuse(bad, ErrorCategory.REJECTED);
        await().untilAsserted(() -> assertThat(said("states")).isEqualTo("OPEN The test refuses it"));
        retryWhileAMaskIsDeclared();
        await().untilAsserted(() -> assertThat(said("states")).isEqualTo("OPEN " + LetterCauses.UNSAID));
    }

    @Test
    void whatStopsATableAtALetterThatWasMaskedMeanwhileIsNotToldWithIt() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        SteerableSink.refuse(bad, ErrorCategory.FATAL);
        retryWhileAMaskIsDeclared();
        await().untilAsserted(() -> assertThat(binding("states")).isEqualTo(BindingState.FAILED));
        assertThat(message("states"))
                .startsWith(LetterCauses.UNSAID)
                .endsWith("Then resume the table's delivery to states.");
        assertThat(said("states")).isEqualTo("RETRYING " + LetterCauses.UNSAID);
        // another sink whose letter of the row was not masked may say what it was told
        await().untilAsserted(() -> assertThat(alerts("states")).isNotEmpty());
        assertThat(alerts("states")).noneMatch(alert -> alert.contains("The test refuses it"));

        catalog.bindingState(table.id(), "states", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(message("states")).startsWith("The test refuses it"));
    }

    private List<String> alerts(String sink) {
        return sql.queryForList(
                "SELECT a::text FROM millrace.alert a WHERE table_id = ? AND sink = ?", String.class, table.id(), sink);
    }

    @Test
    void whatASinkSaysIsKeptAgainOnceAMaskIsLifted() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        // as the console left it when the mask was declared
        sql.update(
                "UPDATE millrace.dead_letter SET masks = ?::jsonb, cause = ?, said_under = NULL WHERE topic = ? AND sink = 'states'",
                masked().masksJson(),
                LetterCauses.UNSAID,
                table.topic());
        decide("states", "OPEN", "RETRYING");
        await().untilAsserted(() -> assertThat(said("states")).isEqualTo("OPEN The test refuses it"));
        assertThat(sql.queryForObject(
                        "SELECT said_under::text FROM millrace.dead_letter WHERE topic = ? AND sink = 'states'",
                        String.class,
                        table.topic()))
                .as("so it is masked with the next declaration")
                .isEqualTo("{}");
    }

    private String everythingOf(String sink) {
        return String.join(
                "\n",
                sql.queryForList(
                        "SELECT d::text FROM millrace.dead_letter d WHERE topic = ? AND sink = ? ORDER BY record_offset",
                        String.class,
                        table.topic(),
                        sink));
    }

    /** Of a sink that nobody is, and that the table goes to. */
    private void goesToNobody() {
        table = registered(TestTables.uniqueName("orders"), Set.of("nobody"));
        events = new TestEvents(table);
    }

    private DeadLetter[] holding(String planted) {
        String row = item(1, "first").replace("\"n\"", '"' + planted + '"');
        DeadLetter first = refused(0, 0, events.create(key(1), row));
        DeadLetter second = refused(0, 1, events.update(key(1), null, row));
        return new DeadLetter[] {
            with(first, DeadLetter.Category.REJECTED, "cannot take '" + planted + "'"),
            with(second, DeadLetter.Category.BEHIND, LetterCauses.BEHIND),
            noEvent(2, planted)
        };
    }

    private static DeadLetter with(DeadLetter letter, DeadLetter.Category category, String cause) {
        return new DeadLetter(
                letter.record(),
                letter.source(),
                letter.table(),
                letter.event(),
                letter.keyHash(),
                category,
                cause,
                letter.stack());
    }

    private void assertThatNobodyShows(String planted) {
        assertThat(everythingOf("nobody")).doesNotContain(planted);
        assertThat(sql.queryForList(
                        "SELECT cause || ' ' || (masks @> ?::jsonb) FROM millrace.dead_letter WHERE topic = ? AND sink = 'nobody'"
                                + " ORDER BY record_offset",
                        String.class,
                        masked().masksJson(),
                        table.topic()))
                .containsExactly(
                        LetterCauses.UNSAID + " true", LetterCauses.BEHIND + " true", LetterCauses.UNSAID + " true");
    }

    @Test
    void ofLettersThatAreKeptByAnOlderDeclarationNoValuesAreKept() {
        goesToNobody();
        String planted = "planted-5ecret-0044";
        DeadLetter[] letters = holding(planted);
        declare("nobody", masked());
        keep(letters);
        assertThatNobodyShows(planted);
        keep(letters);
        assertThatNobodyShows(planted);

        declare("nobody", Shaping.NONE);
        keep(letters);
        assertThat(everythingOf("nobody"))
                .contains("cannot take '" + planted + "'")
                .contains(LetterCauses.BEHIND);
    }

    @Test
    void aLetterThatMeetsADeclarationWaitsForIt() throws Exception {
        goesToNobody();
        String planted = "planted-5ecret-0045";
        var transaction = new TransactionTemplate(application.getBean(PlatformTransactionManager.class));
        CompletableFuture<Void> kept = transaction.execute(status -> {
            declare("nobody", masked());
            CompletableFuture<Void> keeping = CompletableFuture.runAsync(() -> keep(holding(planted)));
            await().until(() -> keeping.isDone() || waitsForALock());
            assertThat(keeping).isNotDone();
            return keeping;
        });
        kept.get();
        assertThatNobodyShows(planted);
    }

    private boolean waitsForALock() {
        return !sql.queryForList("SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO millrace.dead_letter%'")
                .isEmpty();
    }

    private int version(String sink) {
        return catalog.table(table.id()).orElseThrow().sinks().stream()
                .filter(binding -> binding.sink().equals(sink))
                .findFirst()
                .orElseThrow()
                .shapingVersion();
    }

    /** Of the only letter that a sink has of the table: its state and cause. */
    private String said(String sink) {
        return sql.queryForObject(
                "SELECT state || ' ' || cause FROM millrace.dead_letter WHERE topic = ? AND sink = ?",
                String.class,
                table.topic(),
                sink);
    }

    @Test
    void aLetterThatIsDiscardedWhileTheSinkTakesItIsNotSaidToBeMissingThere() throws Exception {
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
        mend();
        SteerableSink.whenTaken(bad, () -> decide("states", "RETRYING", "DISCARDED"));
        try {
            decide("states", "OPEN", "RETRYING");
            await().untilAsserted(() -> assertThat(stateOf("states", 1)).startsWith("RETRIED"));
        } finally {
            SteerableSink.whenTaken(bad, null);
        }
        assertThat(stateOf("states", 1)).endsWith("It was on its way when it was discarded, and was taken.");
        assertThat(state(1)).isEqualTo(item(1, bad));
    }

    @Test
    void aFatalFaultStopsThisSinkOnThisTableAndGoesOnAfterTheRepair() throws Exception {
        SteerableSink.refuse(bad, ErrorCategory.FATAL);
        String first = table.topic();
        send(events.create(key(1), item(1, bad)));
        await().untilAsserted(() -> {
            assertThat(binding("states")).isEqualTo(BindingState.FAILED);
            assertThat(message("states")).contains("The test refuses it").contains("resume");
        });
        await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo(bad));
        var stopped = table;
        ownTable();
        send(events.create(key(1), item(1, "another table")));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(item(1, "another table")));
        table = stopped;
        assertThat(table.topic()).isEqualTo(first);
        assertThat(letters("states")).isEmpty();

        mend();
        catalog.bindingState(table.id(), "states", BindingState.ACTIVE, null);
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(item(1, bad)));
    }

    @Test
    void anErrorTakesHealthDownAndDeliveryGoesOnOnceItIsGone() throws Exception {
        mend();
        SteerableSink.throwErrorAt(bad, true);
        try {
            send(events.create(key(1), item(1, bad)));
            await().untilAsserted(() -> assertThat(health("states")).isEqualTo(Status.DOWN));
            await().untilAsserted(() -> assertThat(inRedis(1)).isEqualTo(bad));
            assertThat(next("states")).isZero();
            assertThat(health("redis")).isEqualTo(Status.UP);
        } finally {
            SteerableSink.throwErrorAt(bad, false);
        }
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(item(1, bad)));
        await().untilAsserted(() -> assertThat(health("states")).isEqualTo(Status.UP));
    }

    @Test
    void whatASinkBreaksAtHoldsItsPartitionAloneUntilItIsMended() throws Exception {
        mend();
        SteerableSink.breakAt(bad, true);
        try {
            in(0, events.create(key(1), item(1, bad)));
            in(1, events.create(key(2), item(2, "beside it")));
            await().untilAsserted(() -> {
                assertThat(state(2)).isEqualTo(item(2, "beside it"));
                assertThat(effects()).containsExactly(effect("create", 2, "beside it"));
                for (String sink : List.of("states", "effects")) {
                    assertThat(next(sink)).isEqualTo(1);
                    assertThat(waiting(sink))
                            .singleElement()
                            .asString()
                            .isEqualTo(sink + " failed unexpectedly at offset 0 of " + table.topic()
                                    + "-0: java.lang.IllegalStateException: The test breaks it");
                }
            });
            assertThat(health("states")).isEqualTo(Status.DOWN);
            assertThat(letters("states")).isEmpty();
        } finally {
            SteerableSink.breakAt(bad, false);
        }
        await().untilAsserted(() -> {
            assertThat(state(1)).isEqualTo(item(1, bad));
            assertThat(effects()).contains(effect("create", 1, bad));
            assertThat(health("states")).isEqualTo(Status.UP);
        });
    }

    private void in(int partition, ChangeEvent event) throws Exception {
        producer.send(events.record(event, partition)).get();
    }

    private List<String> waiting(String sink) {
        return offsets.deliveries(sink).stream()
                .filter(offset -> offset.topic().equals(table.topic()) && offset.waitingFor() != null)
                .map(DeliveryOffset::waitingFor)
                .toList();
    }

    @Test
    void whileTheConsumersOfASinkThatHangsAreStoppedTheOthersGoOn() throws Exception {
        CapturedTable only = registered(TestTables.uniqueName("only"), Set.of("lonely"));
        String text = "hangs in " + only.table().table();
        SteerableSink.hangAt(text);
        try {
            TestEvents own = new TestEvents(only);
            producer.send(own.record(own.create(key(1), item(1, text)), 0)).get();
            await().until(SteerableSink::hangs);
            // its last table: there is nothing to consume any more
            catalog.removeTable(only.id());
            await().until(DeadLettersIT::isStoppingLonely);
            // what was known of the catalog before holds for two seconds
            Instant until = Instant.now().plus(Shapings.HOLDS_AFTER.multipliedBy(2));
            for (int id = 3; Instant.now().isBefore(until); id++) {
                int sent = id;
                send(events.create(key(id), item(id, "goes on")));
                await().untilAsserted(() -> assertThat(inRedis(sent)).isEqualTo("goes on"));
            }
            assertThat(isStoppingLonely()).as("it hung all the while").isTrue();
            assertThat(health("redis")).isEqualTo(Status.UP);
        } finally {
            SteerableSink.release();
        }
        await().until(() -> !isStoppingLonely());
        assertThat(SteerableSink.row(only.table().table(), key(1)))
                .as("what was being written was waited for")
                .isEqualTo(item(1, text));
    }

    private static boolean isStoppingLonely() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getName().equals("sync-lonely-lane"))
                .flatMap(thread -> Arrays.stream(thread.getValue()))
                .anyMatch(frame -> frame.getClassName().equals(SinkContainer.class.getName())
                        && frame.getMethodName().equals("stop"));
    }

    @Test
    void aSinkThatRejectsEverythingIsStoppedAndSaysSo() throws Exception {
        application.close();
        run("--millrace.sync.delivery.max-dead-letters=5");
        try {
            send(events.create(key(1), item(1, bad)));
            for (int i = 0; i < 10; i++) {
                send(events.update(key(1), null, item(1, "waits")));
            }
            await().untilAsserted(() -> assertThat(next("effects")).isEqualTo(11));
            assertThat(letters("effects")).as("of one row").hasSize(11);
            assertThat(binding("effects")).isEqualTo(BindingState.ACTIVE);
            for (int id = 1; id <= 40; id++) {
                send(events.create(key(id), item(id, bad)));
            }
            await().untilAsserted(() -> {
                assertThat(binding("states")).isEqualTo(BindingState.FAILED);
                assertThat(message("states")).contains("More than 5 rows");
            });
            assertThat(letters("states")).hasSizeLessThan(40);
            await().untilAsserted(() -> assertThat(next("redis")).isEqualTo(51));
        } finally {
            application.close();
            run();
        }
    }

    /** As after a rewind in which the sink refuses what it took before, or where a computed field refuses both. */
    private void bothOpen(String sink, String second) throws Exception {
        send(events.create(key(1), item(1, bad)), events.update(key(1), null, item(1, second)));
        awaitAllAt(2);
        await().untilAsserted(() -> assertThat(letters(sink)).containsExactly("1:OPEN", "1:WAITING"));
        decide(sink, "WAITING", "OPEN");
    }

    private void retrySecond(String sink) {
        sql.update(
                "UPDATE millrace.dead_letter d SET state = 'RETRYING', decided_by = 'test' WHERE topic = ? AND sink = ?"
                        + " AND record_offset = (SELECT max(record_offset) FROM millrace.dead_letter e"
                        + " WHERE e.topic = d.topic AND e.sink = d.sink)",
                table.topic(),
                sink);
    }

    private List<String> taken(String sink) {
        return sink.equals("audit")
                ? history(1)
                : effects().stream()
                        .map(effect -> effect.replaceAll(" 1 \"(.*)\"", ":$1"))
                        .toList();
    }

    @Test
    void aRetryOfALaterChangeOfARowWaitsForTheEarlierOneWhereOrderCounts() throws Exception {
        bothOpen("audit", "b");
        decide("effects", "WAITING", "OPEN");
        for (String sink : List.of("audit", "effects")) {
            retrySecond(sink);
            await().untilAsserted(() -> assertThat(letters(sink)).containsExactly("1:OPEN", "1:WAITING"));
            assertThat(taken(sink)).isEmpty();
        }
        mend();
        for (String sink : List.of("audit", "effects")) {
            decide(sink, "OPEN", "RETRYING");
            await().untilAsserted(() -> assertThat(letters(sink)).containsExactly("1:RETRIED", "1:RETRIED"));
            assertThat(taken(sink)).containsExactly("create:" + bad, "update:b");
        }
    }

    @Test
    void whereAllAreRetriedAndTheEarlierOneIsRefusedAgainTheLaterOneWaits() throws Exception {
        bothOpen("audit", "b");
        decide("effects", "WAITING", "OPEN");
        for (String sink : List.of("audit", "effects")) {
            decide(sink, "OPEN", "RETRYING");
            await().untilAsserted(() -> assertThat(letters(sink)).containsExactly("1:OPEN", "1:WAITING"));
            assertThat(taken(sink)).isEmpty();
        }
        for (String sink : List.of("audit", "effects")) {
            decide(sink, "OPEN", "DISCARDED");
            await().untilAsserted(() -> assertThat(letters(sink)).containsExactly("1:DISCARDED", "1:RETRIED"));
            assertThat(taken(sink)).containsExactly("update:b");
        }
    }

    @Test
    void aRetryOfALaterWholeStateGoesOnAndTakesThePlaceOfTheEarlierOne() throws Exception {
        String worse = "worse in " + table.table().table();
        SteerableSink.refuse(worse, ErrorCategory.REJECTED);
        try {
            send(events.create(key(1), item(1, bad)));
            await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN"));
            send(events.update(key(1), null, item(1, worse)));
            await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:OPEN"));
        } finally {
            SteerableSink.refuse(worse, null);
        }
        retrySecond("states");
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:SUPERSEDED", "1:RETRIED"));
        assertThat(state(1)).isEqualTo(item(1, worse));
    }

    /** What the sink holds is not what the change behind the open one was made to. */
    @Test
    void aRetryOfAPartOfAStateIsNotCompletedFromTheOneBeforeTheEarlierLetter() throws Exception {
        send(events.create(key(1), large(1, "first", "X")));
        await().untilAsserted(() -> assertThat(state(1)).isEqualTo(large(1, "first", "X")));
        send(events.update(key(1), null, large(1, bad, "Y")));
        send(events.update(key(1), null, large(1, "third", NOT_SENT), "note"));
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:WAITING"));
        decide("states", "WAITING", "OPEN");
        retrySecond("states");
        await().untilAsserted(() -> assertThat(letters("states")).containsExactly("1:OPEN", "1:RETRIED"));
        assertThat(state(1)).isEqualTo(large(1, "first", "X"));
        assertThat(askedFor()).containsExactly(key(1));
    }

    /** Of rows that cannot be told apart none waits for another; of a sink that nothing is given to here. */
    @Test
    void whereItIsSaidThatSomethingIsDueSomethingIs() {
        DeadLetters letters = application.getBean(DeadLetters.class);
        TopicPartition partition = new TopicPartition(table.topic(), 0);
        for (Long row : Arrays.asList(null, 7L)) {
            for (String later : List.of("OPEN", "WAITING", "RETRYING")) {
                sql.update("DELETE FROM millrace.dead_letter WHERE sink = 'nobody'");
                kept(0, row, "OPEN");
                kept(1, row, later);
                List<KeptLetter> due = letters.due("nobody", partition, 2, Set.of(), Set.of(), true, 10);
                assertThat(due).as(row + " " + later).hasSize(row == null && !later.equals("OPEN") ? 1 : 0);
                assertThat(letters.standing().stream()
                                .filter(standing -> standing.sink().equals("nobody")))
                        .as(row + " " + later)
                        .singleElement()
                        .matches(standing -> standing.letters() == 2 && standing.due() != due.isEmpty());
            }
        }
        sql.update("DELETE FROM millrace.dead_letter WHERE sink = 'nobody'");
    }

    @Test
    void lettersOfARowAreCountedOnceAndThoseThatNameNoneOneByOne() {
        DeadLetters letters = application.getBean(DeadLetters.class);
        kept(0, 7L, "OPEN");
        kept(1, 7L, "WAITING");
        kept(2, 8L, "RETRYING");
        kept(3, null, "OPEN");
        kept(4, null, "OPEN");
        kept(5, 9L, "RETRIED");
        kept(6, null, "SUPERSEDED");
        assertThat(letters.unsettledRows("nobody", new TopicPartition(table.topic(), 0)))
                .isEqualTo(4);
        sql.update("DELETE FROM millrace.dead_letter WHERE sink = 'nobody'");
    }

    private void kept(int offset, Long row, String state) {
        sql.update(
                "INSERT INTO millrace.dead_letter (sink, topic, partition, record_offset, source, schema_name, table_name, key_hash,"
                        + " category, cause, state) VALUES ('nobody', ?, 0, ?, 'shop', 'public', 'orders', ?, 'REJECTED', 'no', ?)",
                table.topic(),
                offset,
                row,
                state);
    }

    /** The partition is passed up to the first change only: that one's receiver is waited for. */
    @Test
    void whatWasDiscardedAheadOfWhereItsPartitionStandsIsNotGivenAfterARestart() throws Exception {
        String away = "away in " + table.table().table();
        SteerableSink.refuse(away, ErrorCategory.RETRYABLE);
        try {
            in(0, events.create(key(1), item(1, away)));
            in(0, events.create(key(2), item(2, bad)));
            await().untilAsserted(() -> assertThat(letters("effects")).containsExactly("2:OPEN"));
            decide("effects", "OPEN", "DISCARDED");
            assertThat(next("effects")).isZero();
            application.close();
        } finally {
            SteerableSink.refuse(away, null);
        }
        SteerableSink.refuse(bad, null);
        run();
        in(0, events.update(key(2), null, item(2, "later")));

        await().untilAsserted(() -> assertThat(next("effects")).isEqualTo(3));
        assertThat(effects()).containsExactlyInAnyOrder(effect("create", 1, away), effect("update", 2, "later"));
        assertThat(letters("effects")).containsExactly("2:DISCARDED");
    }
}
