package io.millrace.standalone;

import io.millrace.localstack.LocalStack;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "stack",
        description = "Starts only the four services: PostgreSQL, Kafka, Elasticsearch and Redis. Ctrl-C stops them.",
        mixinStandardHelpOptions = true)
final class StackCommand implements Callable<Integer> {

    @Mixin
    private StackOptions options = new StackOptions();

    @Override
    public Integer call() throws Exception {
        Steps steps = new Steps();
        if (options.clean()) {
            DataHome.requireCleanable(options.data());
        }
        DataHome home = DataHome.take(options.data());
        System.setProperty("millrace.log", DataHome.log(home.root()).toString());
        Shutdown shutdown = Shutdown.atExit(steps);
        shutdown.add("", home);
        if (options.clean()) {
            home.clean();
        }
        LocalStack stack = LocalStack.start(options.local(), progress -> steps.step(progress.toString()));
        shutdown.add("Stopping PostgreSQL, Kafka, Elasticsearch and Redis", stack);
        steps.say("""

                The local stack is ready. Ctrl-C stops it.
                  PostgreSQL     %s  (%s/%s, databases shop and millrace)
                  Kafka          %s
                  Elasticsearch  %s
                  Redis          %s""".formatted(
                        stack.postgresJdbcUrl("shop"),
                        LocalStack.POSTGRES_USER,
                        LocalStack.POSTGRES_PASSWORD,
                        stack.kafkaBootstrapServers(),
                        stack.elasticsearchUri(),
                        stack.redisUri()));
        new CountDownLatch(1).await();
        return 0;
    }
}
