package io.millrace.standalone;

import io.millrace.catalog.StartRefusedException;
import io.millrace.localstack.LocalStackException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.validation.BindValidationException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.validation.FieldError;

/** Turns a failure into one sentence for the console; the rest goes to the log. */
final class Sentence {

    private Sentence() {}

    static String of(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof Refusal || e instanceof LocalStackException || e instanceof StartRefusedException) {
                return String.valueOf(e.getMessage());
            }
            if (e instanceof BindException setting) {
                String said = said(setting);
                if (said != null) {
                    return said;
                }
            }
            if (e instanceof PortInUseException taken) {
                return "Port " + taken.getPort()
                        + " was taken while Millrace started: choose another with --port or --management-port.";
            }
        }
        LoggerFactory.getLogger(Millrace.class).debug("A command failed", failure);
        String said = firstLine(root(failure));
        String log = logFile();
        return "Millrace cannot go on: " + said + (log == null ? "" : " (more in " + log + ")");
    }

    /** A setting whose value is none: its name, where it stands and why. Null where something deeper has a sentence of its own. */
    private static @Nullable String said(BindException failure) {
        for (Throwable e = failure.getCause(); e != null; e = e.getCause()) {
            if (e instanceof StartRefusedException) {
                return null;
            }
            if (e instanceof BindValidationException invalid) {
                String errors = invalid.getValidationErrors().getAllErrors().stream()
                        .map(error -> error instanceof FieldError field
                                ? failure.getName() + "." + field.getField() + " " + field.getDefaultMessage()
                                : String.valueOf(error.getDefaultMessage()))
                        .sorted()
                        .collect(Collectors.joining("; "));
                return "The settings cannot be used: " + errors + ". Correct them in your file or environment.";
            }
        }
        ConfigurationProperty property = failure.getProperty();
        Throwable root = root(failure);
        String why = firstLine(root);
        if (property == null) {
            return failure.getName() + " cannot be used: " + why + ". Correct it in your file or environment.";
        }
        String name = property.getName().toString();
        String value = name.matches(".*(password|secret|key|token).*") ? "" : " (" + property.getValue() + ")";
        return "The value of " + name + value + ", from " + property.getOrigin() + ", cannot be used: " + why
                + ". Correct it.";
    }

    private static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank()
                ? failure.getClass().getSimpleName()
                : message.lines().findFirst().orElse(message).strip().replaceFirst("\\.$", "");
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
