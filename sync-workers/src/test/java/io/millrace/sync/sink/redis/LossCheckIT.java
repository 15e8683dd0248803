package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.millrace.catalog.rebuild.StoreMarker;
import io.millrace.catalog.rebuild.StoreMarkers;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import io.millrace.sync.fixture.RedisProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.ExtendWith;

/** One look after the other at a Redis that loses entries in moments between them. */
@ExtendWith(LocalStackExtension.class)
@TestInstance(Lifecycle.PER_CLASS)
class LossCheckIT {

    private static final Map<String, Map<Integer, Long>> HELD = Map.of("shop.public.items", Map.of(0, 7L));
    private static final Map<String, Map<Integer, Long>> MORE = Map.of("shop.public.items", Map.of(0, 9L));

    private RedisProcess redis;
    private RedisAccess access;
    private final Map<String, StoreMarker> known = new TreeMap<>();
    private final List<String> losses = new ArrayList<>();
    private final AtomicReference<Runnable> onLoss = new AtomicReference<>(() -> {});
    private LossCheck check;

    @BeforeAll
    void start(LocalStack stack) {
        redis = RedisProcess.start("loss-check", "--save", "", "--appendonly", "no");
        access = new RedisAccess(
                List.of(RedisURI.create("localhost", redis.port())), false, Duration.ofSeconds(5), null);
    }

    @AfterAll
    void stop() {
        access.close();
        redis.close();
    }

    @BeforeEach
    void markerStands() throws Exception {
        redis.with(connection -> {
            connection.sync().configSet("maxmemory", "0");
            connection.sync().flushall();
            return connection.sync().configResetstat();
        });
        known.clear();
        losses.clear();
        onLoss.set(() -> {});
        check = new LossCheck("redis", new InMemory(), (reason, held) -> {
            losses.add(reason + " " + held);
            onLoss.get().run();
        });
        assertThat(look(HELD)).isEmpty();
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).isEmpty();
    }

    private final class InMemory implements StoreMarkers {

        @Override
        public List<StoreMarker> of(String sink) {
            Collection<StoreMarker> all = known.values();
            return List.copyOf(all);
        }

        @Override
        public void put(StoreMarker marker) {
            known.put(marker.place(), marker);
        }
    }

    private Optional<String> look(Map<String, Map<Integer, Long>> reached) throws Exception {
        return access.with(link -> Optional.ofNullable(check.run(link, reached)));
    }

    private void serverIsInAnotherRunThan(String run) {
        StoreMarker marker = known.get("redis");
        known.put("redis", new StoreMarker("redis", "redis", marker.marker(), run, marker.evicted()));
    }

    private static long told(RedisCommands<String, String> commands, String section, String name) {
        return Long.parseLong(commands.info(section)
                .lines()
                .filter(line -> line.startsWith(name + ":"))
                .findFirst()
                .orElseThrow()
                .substring(name.length() + 1)
                .strip());
    }

    /** Has the server throw out so many keys, or a few more, and gives it room again; returns its count of them. */
    private long evict(int keys) {
        return redis.with(connection -> {
            RedisCommands<String, String> commands = connection.sync();
            long before = told(commands, "stats", "evicted_keys");
            commands.configSet("maxmemory-policy", "volatile-ttl");
            for (int i = 0; i < 400; i++) {
                commands.setex("filler " + i, 1000, "x".repeat(1000));
            }
            commands.configSet("maxmemory", Long.toString(told(commands, "memory", "used_memory") - keys * 1000L));
            for (int i = 0; told(commands, "stats", "evicted_keys") < before + keys; i++) {
                commands.setex("more " + i, 1000, "x".repeat(1000));
            }
            commands.configSet("maxmemory", "0");
            return told(commands, "stats", "evicted_keys");
        });
    }

    @Test
    void flushBetweenTheLookAtAMarkerAndItsRenewalIsSeenByTheNextLook() throws Exception {
        serverIsInAnotherRunThan("an earlier one");
        onLoss.set(() -> redis.with(connection -> connection.sync().flushall()));
        assertThat(look(MORE)).isEmpty();
        onLoss.set(() -> {});
        assertThat(losses).singleElement().asString().contains("started again", HELD.toString());
        assertThat(look(MORE)).isEmpty();
        assertThat(losses).hasSize(2).last().asString().contains("was emptied", "{}");
    }

    @Test
    void markerThatIsGoneIsNotRenewed() throws Exception {
        access.with(link -> {
            Node node = Node.all(link, known.get("installation").marker()).get(0);
            Marker held = Marker.read(link, node);
            redis.with(connection -> connection.sync().flushall());
            new Marker(held.id(), MORE).replace(link, node);
            assertThat(Marker.read(link, node)).isNull();
            return true;
        });
    }

    @Test
    void evictionsOfANewRunAreSeenAsTheyAreInTheSameRun() throws Exception {
        serverIsInAnotherRunThan("an earlier one");
        evict(3);
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).singleElement().asString().contains("threw entries out", "{}");
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).hasSize(1);
    }

    @Test
    void evictionsAfterTheStatisticsWereResetAreCountedFromZero() throws Exception {
        long dealtWith = evict(150);
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).hasSize(1);
        redis.with(connection -> connection.sync().configResetstat());
        assertThat(evict(1)).as("reset and evicted between two looks").isLessThan(dealtWith);
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).hasSize(2).last().asString().contains("threw entries out");

        redis.with(connection -> connection.sync().configResetstat());
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).as("a reset alone is no loss").hasSize(2);
        assertThat(known.get("redis").evicted()).isZero();
        evict(1);
        assertThat(look(HELD)).isEmpty();
        assertThat(losses).hasSize(3).last().asString().contains("threw entries out");
    }
}
