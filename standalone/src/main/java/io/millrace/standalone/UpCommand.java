package io.millrace.standalone;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "up",
        description =
                "Starts the local stack, Millrace and the demo shop. Ctrl-C stops all of it; the next start goes on from there.",
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {

    @Mixin
    private StackOptions stackOptions = new StackOptions();

    @Option(names = "--port", paramLabel = "N", description = "of the web pages and the API (default: 8080)")
    private @Nullable Integer port;

    @Option(names = "--management-port", paramLabel = "N", description = "of health and metrics (default: 8081)")
    private @Nullable Integer managementPort;

    @Option(names = "--no-demo", description = "no shop: the source 'shop' is registered, its database empty")
    private boolean noDemo;

    @Option(names = "--no-stack", description = "start none of the four services: use those that --config names")
    private boolean noStack;

    @Option(names = "--config", paramLabel = "FILE", description = "your own settings; millrace.example.yml shows them")
    private @Nullable Path config;

    @Option(names = "--platform-database", hidden = true, defaultValue = "${env:SPRING_DATASOURCE_URL}")
    private @Nullable String platformDatabase;

    @Override
    public Integer call() throws Exception {
        UserFiles files = UserFiles.find(config);
        List<String> warnings = files.check();
        if (noStack && files.isEmpty() && platformDatabase == null) {
            throw new Refusal("--no-stack needs to know your own PostgreSQL, Kafka, Elasticsearch and Redis: copy"
                    + " millrace.example.yml to millrace.yml, fill it in, and give it with --config millrace.yml.");
        }
        if (stackOptions.clean()) {
            DataHome.requireCleanable(stackOptions.data());
        }
        // before anything is logged: the log is in there
        DataHome home = DataHome.take(stackOptions.data());
        System.setProperty("millrace.log", DataHome.log(home.root()).toString());
        Steps steps = new Steps();
        warnings.forEach(steps::say);
        Shutdown shutdown = Shutdown.atExit(steps);
        shutdown.add("", home);
        Launch launch = new Launch(
                home,
                stackOptions,
                new Launch.Wishes(port, managementPort, config, !noStack, !noDemo),
                steps,
                shutdown);
        try {
            launch.run();
        } catch (Exception e) {
            if (shutdown.begun()) {
                // stopped while starting: what fails now fails because of that
                return 130;
            }
            throw e;
        }
        new CountDownLatch(1).await();
        return 0;
    }
}
