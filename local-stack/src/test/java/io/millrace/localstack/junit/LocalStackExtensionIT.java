package io.millrace.localstack.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Service;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class LocalStackExtensionIT {

    private static final ThreadLocal<LocalStack> FIRST = new ThreadLocal<>();

    @Test
    void testIsGivenARunningStack(LocalStack stack) {
        assertThat(Service.values()).allMatch(stack::isRunning);
        sameForAll(stack);
    }

    @Test
    void allTestsShareOneStackInTarget(LocalStack stack) {
        assertThat(stack.dataDirectory())
                .isEqualTo(Path.of("target/local-stack").toAbsolutePath());
        sameForAll(stack);
    }

    private static void sameForAll(LocalStack stack) {
        if (FIRST.get() == null) {
            FIRST.set(stack);
        }
        assertThat(stack).isSameAs(FIRST.get());
    }
}
