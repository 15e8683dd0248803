package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;

/** What the operating system's {@code kill} does. */
final class Signals {

    private Signals() {}

    static void send(String signal, long process) {
        try {
            assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(process))
                            .start()
                            .waitFor())
                    .as("kill -%s %s", signal, process)
                    .isZero();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
