package io.millrace.capture.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.millrace.catalog.Source;
import io.millrace.catalog.snapshot.Rereads;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RereadingTests {

    @Test
    void anErrorDoesNotEndTheThread() throws Exception {
        FailingOnce rereads = new FailingOnce();
        SimpleMeterRegistry meters = new SimpleMeterRegistry();
        SnapshotContext context = new SnapshotContext(null, null, rereads, null, null, meters, 1);
        Source source = Source.of("shop", "localhost", 5432, "shop", "me", "", "disable");
        Rereading rereading = new Rereading(source, context, new SnapshotMetrics(meters));
        rereading.start(new Windows(rereads, () -> {}));
        try {
            assertThat(rereads.askedAgain.await(30, TimeUnit.SECONDS)).isTrue();
        } finally {
            rereading.stop();
        }
    }

    private static final class FailingOnce implements Rereads {

        final CountDownLatch askedAgain = new CountDownLatch(1);
        private boolean failed;

        @Override
        public List<Long> tables(String source) {
            if (failed) {
                askedAgain.countDown();
                return List.of();
            }
            failed = true;
            throw new NoClassDefFoundError("The test wants it to fail");
        }

        @Override
        public void request(long tableId, Collection<Doubt> rows, Long snapshotId, String by) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Reread> next(long tableId, int limit) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void answered(Collection<Reread> requests) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long open(long tableId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long newest() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<OpenRereads> openUpTo(long id) {
            throw new UnsupportedOperationException();
        }
    }
}
