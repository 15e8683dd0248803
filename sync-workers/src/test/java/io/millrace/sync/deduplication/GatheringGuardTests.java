package io.millrace.sync.deduplication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.jdbc.datasource.AbstractDataSource;

class GatheringGuardTests {

    private static final class Broken extends AbstractDataSource {

        @Override
        public Connection getConnection() {
            throw new NoClassDefFoundError("The test wants an Error");
        }

        @Override
        public Connection getConnection(String username, String password) {
            return getConnection();
        }
    }

    @Test
    @Timeout(30)
    void errorIsToldToEveryoneWhoWaitsAndTheNextIsToldToo() {
        GatheringGuard guard =
                new GatheringGuard("webhook", new Marks(new Broken(), "webhook", "one", Duration.ofSeconds(1)));
        try {
            for (int i = 0; i < 3; i++) {
                Mark mark = new Mark("event " + i, Instant.EPOCH);
                assertThatThrownBy(() -> guard.pass(null, mark)).hasRootCauseInstanceOf(NoClassDefFoundError.class);
            }
        } finally {
            guard.close();
        }
    }

    /** Answers at once, and says of each that another worker took it over. */
    private static final class TakenOver implements MarkStore {

        @Override
        public Set<String> accepted(Collection<Mark> events) {
            return Set.of();
        }

        @Override
        public Set<String> acceptedEver(Collection<Mark> events) {
            return Set.of();
        }

        @Override
        public Marks.Stored store(Collection<Mark> accepted, Collection<Mark> wanted) {
            return new Marks.Stored(
                    wanted.stream().collect(Collectors.toMap(mark -> mark, mark -> Verdict.FIRST)),
                    accepted.stream().map(Mark::eventId).collect(Collectors.toSet()));
        }
    }

    /** Whatever else is stored at that moment. */
    @Test
    @Timeout(60)
    void whoWasTakenOverIsToldSoByTheWishThatNotesIt() throws Exception {
        GatheringGuard guard = new GatheringGuard("webhook", new TakenOver());
        ExecutorService rows = Executors.newFixedThreadPool(4);
        try {
            List<Future<Long>> wentOn = new ArrayList<>();
            for (int row = 0; row < 4; row++) {
                String name = "row " + row + " change ";
                wentOn.add(rows.submit(() -> IntStream.range(0, 40_000)
                        .filter(i ->
                                guard.pass(new Mark(name + i, Instant.EPOCH), new Mark(name + (i + 1), Instant.EPOCH))
                                        != Verdict.HELD)
                        .count()));
            }
            for (Future<Long> row : wentOn) {
                assertThat(row.get()).isZero();
            }
        } finally {
            rows.shutdownNow();
            guard.close();
        }
    }

    /** Stores nothing while it is away. */
    private static final class Restarted implements MarkStore {

        final Set<Mark> stored = ConcurrentHashMap.newKeySet();
        volatile boolean away = true;

        @Override
        public Set<String> accepted(Collection<Mark> events) {
            return Set.of();
        }

        @Override
        public Set<String> acceptedEver(Collection<Mark> events) {
            return Set.of();
        }

        @Override
        public Marks.Stored store(Collection<Mark> accepted, Collection<Mark> wanted) {
            if (away) {
                throw new DataAccessResourceFailureException("It is away");
            }
            stored.addAll(accepted);
            return new Marks.Stored(Map.of(), Set.of());
        }
    }

    @Test
    @Timeout(30)
    void whatCouldNotBeStoredIsStoredWithTheRestAndBeforeItEnds() {
        Restarted database = new Restarted();
        GatheringGuard guard = new GatheringGuard("webhook", database);
        Mark first = new Mark("first", Instant.EPOCH);
        Mark last = new Mark("last", Instant.EPOCH);
        try {
            assertThatThrownBy(() -> guard.pass(first, null)).hasMessage("It is away");
            database.away = false;
            guard.storeRest();
            assertThat(database.stored).containsExactly(first);
            database.away = true;
            assertThatThrownBy(() -> guard.pass(last, null)).hasMessage("It is away");
            database.away = false;
        } finally {
            guard.close();
        }
        assertThat(database.stored).containsExactlyInAnyOrder(first, last);
    }
}
