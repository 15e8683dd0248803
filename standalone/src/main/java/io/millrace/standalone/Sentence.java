package io.millrace.standalone;

import io.millrace.localstack.LocalStackException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.PortInUseException;

/** Turns a failure into one sentence for the console; the rest goes to the log. */
final class Sentence {

    private Sentence() {}

    static String of(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof Refusal || e instanceof LocalStackException) {
                return String.valueOf(e.getMessage());
            }
            if (e instanceof PortInUseException taken) {
                return "Port " + taken.getPort()
                        + " was taken while Millrace started: choose another with --port or --management-port.";
            }
        }
        LoggerFactory.getLogger(Millrace.class).debug("A command failed", failure);
        Throwable root = root(failure);
        String message = root.getMessage();
        String said = message == null || message.isBlank()
                ? root.getClass().getSimpleName()
                : message.lines().findFirst().orElse(message).strip();
        String log = logFile();
        return "Millrace cannot go on: " + said + (log == null ? "" : " (more in " + log + ")");
    }

    /** Where the full log goes; null for commands that write none. */
    static @Nullable String logFile() {
        return System.getProperty("millrace.log");
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
