package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.SyncWorkersApplication;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Sink;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** A change that a sink of effects does not take, while it takes others: its partition goes on, and it follows by itself. */
class StuckEffectsIT extends DeliveryScenario {

    private String bad;

    StuckEffectsIT() {
        super("stuck_effects", Workers.class, Set.of("effects"));
    }

    @Configuration(proxyBeanMethods = false)
    @Import(SyncWorkersApplication.class)
    static class Workers {

        @Bean
        Sink effectsSink() {
            return new SteerableSink.OfEffects("effects");
        }
    }

    @BeforeEach
    void haveLittlePatience() {
        application.close();
        run("--millrace.sync.delivery.row-patience=1s");
        bad = "bad in " + table.table().table();
        SteerableSink.refuse(bad, ErrorCategory.RETRYABLE);
    }

    @AfterEach
    void refuseNothing() {
        SteerableSink.refuse(bad, null);
    }

    /** Returns the names of a row as the sink took them. */
    private List<String> taken(int id) {
        return SteerableSink.effects(table.table().table()).stream()
                .filter(effect -> effect.contains("{\"id\":" + id + "}"))
                .map(effect -> effect.replaceAll(".*\"name\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    private void sendAll() throws Exception {
        ChangeEvent[] changes = {
            events.create(key(1), item(1, bad)),
            events.create(key(2), item(2, "b1")),
            events.update(key(1), null, item(1, "a2")),
            events.update(key(2), null, item(2, "b2"))
        };
        send(changes);
    }

    @Test
    void itsPartitionGoesOnAndItFollowsWithWhatWaitedBehindItInOrder() throws Exception {
        sendAll();
        await().untilAsserted(() -> assertThat(next("effects")).isEqualTo(4));
        await().untilAsserted(() -> assertThat(letters("effects")).containsExactly("1:RETRYING", "1:WAITING"));
        assertThat(sql.queryForList(
                        "SELECT category || ': ' || cause FROM millrace.dead_letter WHERE topic = ? ORDER BY record_offset LIMIT 1",
                        String.class,
                        table.topic()))
                .containsExactly("RETRYABLE: The test refuses it");
        await().untilAsserted(() -> assertThat(health("effects")).isEqualTo(Status.UP));
        send(events.update(key(1), null, item(1, "a3")));
        await().untilAsserted(() -> assertThat(next("effects")).isEqualTo(5));
        assertThat(taken(2)).containsExactly("b1", "b2");
        assertThat(taken(1)).isEmpty();

        SteerableSink.refuse(bad, null);
        await().untilAsserted(() -> assertThat(taken(1)).containsExactly(bad, "a2", "a3"));
        await().untilAsserted(
                        () -> assertThat(letters("effects")).containsExactly("1:RETRIED", "1:RETRIED", "1:RETRIED"));
    }

    @Test
    void aPersonMayDiscardItAndItsRowGoesOn() throws Exception {
        sendAll();
        await().untilAsserted(() -> assertThat(letters("effects")).containsExactly("1:RETRYING", "1:WAITING"));
        // as the console does it
        sql.update(
                "UPDATE millrace.dead_letter SET state = 'DISCARDED', decided_by = 'test', decided_at = now(), reason = 'because'"
                        + " WHERE topic = ? AND state = 'RETRYING'",
                table.topic());
        await().untilAsserted(() -> assertThat(taken(1)).containsExactly("a2"));
        await().untilAsserted(() -> assertThat(letters("effects")).containsExactly("1:DISCARDED", "1:RETRIED"));
    }
}
