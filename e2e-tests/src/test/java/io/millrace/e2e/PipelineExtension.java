package io.millrace.e2e;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Ports;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests the {@link Pipeline}: started for the first that asks, stopped after the last. */
final class PipelineExtension implements ParameterResolver {

    /** Closes the apps before the services. */
    private record Running(LocalStack stack, Pipeline pipeline) implements AutoCloseable {

        static Running start() {
            try {
                LocalStack stack = LocalStack.start(
                        LocalStackOptions.in(Path.of("target/local-stack"))
                                .withPorts(Ports.FREE)
                                .withClean(true),
                        progress -> {});
                Pipeline pipeline = new Pipeline(stack);
                Running running = new Running(stack, pipeline);
                try {
                    pipeline.start();
                } catch (RuntimeException | Error e) {
                    running.close();
                    throw e;
                }
                return running;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            pipeline.close();
            stack.close();
        }
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Pipeline.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return context.getRoot()
                .getStore(Namespace.create(PipelineExtension.class))
                .computeIfAbsent(Running.class, key -> Running.start(), Running.class)
                .pipeline();
    }
}
