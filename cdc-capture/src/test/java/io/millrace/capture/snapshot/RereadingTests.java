package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.Source;
import io.millrace.catalog.snapshot.JdbcRereads;
import io.millrace.catalog.snapshot.Rereads;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;

class RereadingTests {

    @Test
    void anErrorDoesNotEndTheThread() throws Exception {
        FailingDatabase database = new FailingDatabase();
        Rereads rereads = new JdbcRereads(new JdbcTemplate(database));
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SnapshotContext context = new SnapshotContext(null, null, rereads, null, null, meters, 1);
        Source source = Source.of("shop", "localhost", 5432, "shop", "me", "", "disable");
        Rereading rereading = new Rereading(source, context, new SnapshotMetrics(meters));
        rereading.start(new Windows(rereads, () -> {}));
        try {
            assertThat(database.askedAgain.await(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            rereading.stop();
        }
    }

    private static final class FailingDatabase extends AbstractDataSource {

        final CountDownLatch askedAgain = new CountDownLatch(1);
        private boolean failed;

        @Override
        public Connection getConnection() throws SQLException {
            if (failed) {
                askedAgain.countDown();
                throw new SQLException("The test needs no answer");
            }
            failed = true;
            throw new NoClassDefFoundError("The test wants it to fail");
        }

        @Override
        public Connection getConnection(String user, String password) {
            throw new UnsupportedOperationException();
        }
    }
}
