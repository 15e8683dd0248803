package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HeadroomTests {

    private static final Duration AT_ONCE = Duration.ZERO;
    private static final long LARGE = 10 << 20;

    private final Headroom headroom = new Headroom(16 << 20);
    private final Headroom.Share one = headroom.share();
    private final Headroom.Share other = headroom.share();

    /** Another thread takes something, which it cannot until something else was given back. */
    private static void waitsUntil(Runnable taking, Runnable givingBack) throws InterruptedException {
        CountDownLatch taken = new CountDownLatch(1);
        Thread waiting = new Thread(() -> {
            taking.run();
            taken.countDown();
        });
        waiting.start();
        assertThat(taken.await(100, TimeUnit.MILLISECONDS)).isFalse();
        givingBack.run();
        assertThat(taken.await(30, TimeUnit.SECONDS)).isTrue();
        waiting.join();
    }

    @Test
    void largeBatchesAreInHandOneAfterTheOther() {
        one.polled(LARGE);
        assertThat(other.beforePoll(AT_ONCE))
                .as("nothing large is expected there")
                .isTrue();
        one.release();
        other.polled(LARGE);
        assertThat(one.beforePoll(AT_ONCE))
                .as("more is expected, and there is no room")
                .isFalse();
        other.release();
        assertThat(other.beforePoll(AT_ONCE)).isTrue();
        other.polled(1000);
        assertThat(one.beforePoll(AT_ONCE)).as("what came was small").isTrue();
    }

    @Test
    void whoGetsMoreThanItTookRoomForWaitsForTheRest() throws Exception {
        one.polled(2 << 20);
        one.release();
        assertThat(one.beforePoll(AT_ONCE)).isTrue();
        other.polled(LARGE);
        waitsUntil(() -> one.polled(LARGE), other::release);
    }

    @Test
    void whatIsLargerThanAllWaitsUntilNothingIsInHand() throws Exception {
        one.polled(LARGE);
        waitsUntil(() -> other.polled(100 * LARGE), one::release);
        other.release();
        one.polled(LARGE);
    }

    @Test
    void smallBatchesNeverWait() {
        one.polled(100 * LARGE);
        other.polled(1000);
        assertThat(other.beforePoll(AT_ONCE)).isTrue();
    }
}
