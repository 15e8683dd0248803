package io.millrace.capture.publish;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Follows which batches Kafka has. Batches are added by one thread, acknowledged by the producer's, and taken in their order by a
 * third. The first failure is final: nothing after it counts.
 */
public final class Acknowledgements {

    private final ConcurrentLinkedQueue<Batch> sealed = new ConcurrentLinkedQueue<>();
    private final Semaphore signal = new Semaphore(0);
    private final java.util.concurrent.atomic.AtomicReference<@Nullable Exception> failure =
            new java.util.concurrent.atomic.AtomicReference<>();
    private final Runnable stopProducer;

    /** @param stopProducer called once, on the producer's own thread, at the first record that Kafka did not take */
    public Acknowledgements(Runnable stopProducer) {
        this.stopProducer = stopProducer;
    }

    Batch open() {
        return new Batch(this);
    }

    void sealed(Batch batch) {
        sealed.add(batch);
        signal();
    }

    void signal() {
        signal.release();
    }

    void failed(Exception exception) {
        if (failure.compareAndSet(null, exception)) {
            stopProducer.run();
            signal();
        }
    }

    /** Returns why a record was not taken; null while all is well. */
    public @Nullable Exception failure() {
        return failure.get();
    }

    /** Waits until something may have changed. */
    public void await(long millis) throws InterruptedException {
        if (signal.tryAcquire(millis, TimeUnit.MILLISECONDS)) {
            signal.drainPermits();
        }
    }

    /** Takes the oldest batch if Kafka has all of it; null if not, or after a failure. */
    public @Nullable Batch takeComplete() {
        if (failure.get() != null) {
            return null;
        }
        Batch oldest = sealed.peek();
        return oldest != null && oldest.complete() ? sealed.poll() : null;
    }

    /** Returns whether everything that was sealed was also taken. */
    public boolean isDrained() {
        return sealed.isEmpty();
    }
}
