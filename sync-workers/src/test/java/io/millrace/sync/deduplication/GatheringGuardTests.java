package io.millrace.sync.deduplication;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
}
