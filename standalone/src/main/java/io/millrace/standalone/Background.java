package io.millrace.standalone;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Steps of a start that go on beside the others. */
final class Background {

    private Background() {}

    /** What may fail in any way. */
    @FunctionalInterface
    interface Task {
        void run() throws Exception;
    }

    /** Runs a task on a thread of its own, which does not keep the JVM alive. */
    static CompletableFuture<@Nullable Void> run(String name, Task task) {
        CompletableFuture<@Nullable Void> done = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                        done.complete(null);
                    } catch (Throwable e) {
                        done.completeExceptionally(e);
                    }
                },
                "millrace-start-" + name);
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    /** Waits for a task; throws what it threw. */
    static void await(CompletableFuture<?> task) throws Exception {
        try {
            task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
