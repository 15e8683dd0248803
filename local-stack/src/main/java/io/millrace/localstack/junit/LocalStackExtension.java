package io.millrace.localstack.junit;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Ports;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a {@link LocalStack} to tests that ask for one as a parameter: {@code @ExtendWith(LocalStackExtension.class)}.
 *
 * <p>Where the system property or environment variable {@code MILLRACE_STACK} names the description of a running stack, that one is
 * used, and lives on. Otherwise the first test that asks starts one on free ports, with empty data in {@code target/local-stack},
 * for all tests of this JVM. Tests share it: each takes topics, tables, indexes and keys of its own, and starts again what it stopped.
 */
public final class LocalStackExtension implements ParameterResolver {

    private static final Logger log = LoggerFactory.getLogger(LocalStackExtension.class);
    private static final String VARIABLE = "MILLRACE_STACK";

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == LocalStack.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // closed with the root store, since it is AutoCloseable
        return context.getRoot()
                .getStore(Namespace.create(LocalStackExtension.class))
                .computeIfAbsent(LocalStack.class, key -> stack(), LocalStack.class);
    }

    private static LocalStack stack() {
        String description = System.getProperty(VARIABLE, System.getenv(VARIABLE));
        try {
            return description == null || description.isBlank()
                    ? LocalStack.start(
                            LocalStackOptions.in(Path.of("target/local-stack"))
                                    .withPorts(Ports.FREE)
                                    .withClean(true),
                            progress -> log.info("{}", progress))
                    : LocalStack.attach(Path.of(description));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while the local stack was starting", e);
        }
    }
}
