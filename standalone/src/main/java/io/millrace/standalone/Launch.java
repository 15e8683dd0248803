package io.millrace.standalone;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Service;
import io.millrace.localstack.ServiceProgress;
import io.millrace.standalone.demo.DemoShop;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * One start, from nothing to a flow that is proven. The apps boot as soon as PostgreSQL answers, while Kafka and Elasticsearch still
 * start: they wait for those as they would for a sink that is down.
 */
final class Launch {

    /**
     * @param port of the pages, or null for what the configuration says
     * @param managementPort of health and metrics, or null likewise
     * @param config the user's own file, or null
     * @param stack whether to start the four services
     * @param demo whether to start the shop, with the local stack
     */
    record Wishes(
            @Nullable Integer port,
            @Nullable Integer managementPort,
            @Nullable Path config,
            boolean stack,
            boolean demo) {}

    private final DataHome home;
    private final StackOptions stackOptions;
    private final Wishes wishes;
    private final Steps steps;
    private final Shutdown shutdown;

    Launch(DataHome home, StackOptions stackOptions, Wishes wishes, Steps steps, Shutdown shutdown) {
        this.home = home;
        this.stackOptions = stackOptions;
        this.wishes = wishes;
        this.steps = steps;
        this.shutdown = shutdown;
    }

    /** Returns when a change can flow. */
    void run() throws Exception {
        LaunchSettings settings = LaunchSettings.of(wishes);
        WebPorts.requireFree(settings.environment());
        if (stackOptions.clean()) {
            home.clean();
        }
        CompletableFuture<@Nullable Void> stackReady = CompletableFuture.completedFuture(null);
        CompletableFuture<@Nullable Void> shopReady = CompletableFuture.completedFuture(null);
        if (wishes.stack()) {
            LocalStackOptions options = stackOptions.local();
            settings.useLocalStack(options.ports(), wishes.demo());
            CompletableFuture<@Nullable Void> postgresReady = new CompletableFuture<>();
            stackReady = startStack(options, postgresReady);
            Background.await(CompletableFuture.anyOf(postgresReady, stackReady));
            if (wishes.demo()) {
                shopReady = Background.run("demo", () -> prepareShop(options));
            }
        }
        ConfigurableApplicationContext apps = boot(settings, stackReady);
        Background.await(stackReady);
        Background.await(shopReady);
        String url = "http://localhost:" + apps.getEnvironment().getProperty("local.server.port", "8080");
        LocalAccess access = LocalAccess.issue(apps.getBean(JdbcTemplate.class), home.root(), url);
        FirstFlow flow = new FirstFlow(apps.getBean(StandaloneProperties.class), steps, shutdown);
        flow.register(apps.getBean(PipelineCatalog.class), !wishes.stack());
        flow.await(new Api(url, "Bearer " + access.token()), url);
        flow.openShop();
        steps.say("Millrace is ready: " + url);
        steps.say(apps.getBean(FirstLogin.class).sentence());
    }

    private CompletableFuture<@Nullable Void> startStack(
            LocalStackOptions options, CompletableFuture<@Nullable Void> postgresReady) {
        AtomicReference<@Nullable LocalStack> started = new AtomicReference<>();
        // its turn at the end is taken now: Elasticsearch may be ready after the apps, which must stop before it all
        // the same.
        // A stack that is still starting stops itself
        shutdown.add("Stopping PostgreSQL, Kafka, Elasticsearch and Redis", () -> {
            LocalStack stack = started.get();
            if (stack != null) {
                stack.close();
            }
        });
        return Background.run("stack", () -> {
            started.set(LocalStack.start(options, progress -> {
                steps.step(progress.toString());
                if (progress.service() == Service.POSTGRESQL && progress.state() == ServiceProgress.State.READY) {
                    postgresReady.complete(null);
                }
            }));
        });
    }

    private void prepareShop(LocalStackOptions options) throws Exception {
        DemoShop shop = new DemoShop(
                "jdbc:postgresql://localhost:" + options.ports().postgresql() + "/shop",
                LocalStack.POSTGRES_USER,
                LocalStack.POSTGRES_PASSWORD);
        if (shop.prepare()) {
            steps.step("Demo shop: created, with " + shop.count() + " rows");
        }
    }

    private ConfigurableApplicationContext boot(LaunchSettings settings, CompletableFuture<@Nullable Void> stackReady)
            throws Exception {
        SpringApplication application = new SpringApplication(MillraceApplication.class);
        application.setBannerMode(Banner.Mode.OFF);
        application.setLogStartupInfo(false);
        // stopped by Shutdown, before the services that it uses
        application.setRegisterShutdownHook(false);
        application.setDefaultProperties(Map.of(
                "millrace.local.catalog-secret",
                home.catalogSecret(),
                FirstLogin.PROPERTY,
                FirstLogin.generatedPassword()));
        steps.step("Capture, workers and web pages: starting");
        try {
            ConfigurableApplicationContext context = application.run(settings.arguments());
            shutdown.add("Stopping capture, workers and web pages", context);
            steps.step("Capture, workers and web pages: started");
            return context;
        } catch (RuntimeException e) {
            if (stackReady.isCompletedExceptionally()) {
                Background.await(stackReady);
            }
            throw e;
        }
    }
}
