package io.millrace.standalone;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Service;
import io.millrace.localstack.ServiceProgress;
import io.millrace.standalone.StandaloneProperties.SourceProperties;
import io.millrace.standalone.demo.DemoShop;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
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

    private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration BARRIER_PATIENCE = Duration.ofSeconds(10);

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

    private final StackOptions stackOptions;
    private final Wishes wishes;
    private final Steps steps;
    private final Shutdown shutdown;

    Launch(StackOptions stackOptions, Wishes wishes, Steps steps, Shutdown shutdown) {
        this.stackOptions = stackOptions;
        this.wishes = wishes;
        this.steps = steps;
        this.shutdown = shutdown;
    }

    /** Returns when a change can flow. */
    void run() throws Exception {
        DataHome home = shutdown.add("", DataHome.take(stackOptions.data()));
        WebPorts.requireFree(
                wishes.port() == null ? 8080 : wishes.port(),
                wishes.managementPort() == null ? 8081 : wishes.managementPort());
        if (stackOptions.clean()) {
            home.clean();
        }
        List<String> properties = new ArrayList<>();
        properties.add("--spring.config.name=cdc-capture,sync-workers,admin-ui,standalone,millrace");
        if (wishes.port() != null) {
            properties.add("--server.port=" + wishes.port());
        }
        if (wishes.managementPort() != null) {
            properties.add("--management.server.port=" + wishes.managementPort());
        }
        properties.add("--spring.config.additional-location=optional:file:"
                + Path.of(System.getProperty("millrace.home", "")).toAbsolutePath() + "/"
                + (wishes.config() == null ? "" : ",file:" + wishes.config().toAbsolutePath()));
        CompletableFuture<@Nullable Void> stackReady = CompletableFuture.completedFuture(null);
        CompletableFuture<@Nullable Void> demoReady = CompletableFuture.completedFuture(null);
        if (wishes.stack()) {
            LocalStackOptions options = stackOptions.local();
            properties.addAll(addresses(options));
            properties.add("--millrace.standalone.demo=" + wishes.demo());
            CompletableFuture<@Nullable Void> postgresReady = new CompletableFuture<>();
            stackReady = startStack(options, postgresReady);
            await(CompletableFuture.anyOf(postgresReady, stackReady));
            if (wishes.demo()) {
                DemoShop shop = new DemoShop(shopUrl(options), LocalStack.POSTGRES_USER, LocalStack.POSTGRES_PASSWORD);
                demoReady = inBackground("demo", () -> {
                    if (shop.prepare()) {
                        steps.step("Demo shop: created, with " + shop.count() + " rows");
                    }
                });
            }
        }
        ConfigurableApplicationContext apps = boot(home, properties, stackReady);
        await(stackReady);
        await(demoReady);
        String url = "http://localhost:" + apps.getEnvironment().getProperty("local.server.port", "8080");
        JdbcTemplate sql = apps.getBean(JdbcTemplate.class);
        LocalAccess access = LocalAccess.issue(sql, home.root(), url);
        StandaloneProperties standalone = apps.getBean(StandaloneProperties.class);
        register(apps.getBean(PipelineCatalog.class), standalone);
        awaitFlow(new Api(url, "Bearer " + access.token()));
        FirstLogin login = apps.getBean(FirstLogin.class);
        startTrading(standalone);
        steps.say("Millrace is ready: " + url);
        steps.say(login.sentence());
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
        return inBackground("stack", () -> {
            started.set(LocalStack.start(options, progress -> {
                steps.step(progress.toString());
                if (progress.service() == Service.POSTGRESQL && progress.state() == ServiceProgress.State.READY) {
                    postgresReady.complete(null);
                }
            }));
        });
    }

    private static List<String> addresses(LocalStackOptions options) {
        var ports = options.ports();
        return List.of(
                "--spring.datasource.url=jdbc:postgresql://localhost:" + ports.postgresql() + "/millrace",
                "--spring.datasource.username=" + LocalStack.POSTGRES_USER,
                "--spring.datasource.password=" + LocalStack.POSTGRES_PASSWORD,
                "--spring.kafka.bootstrap-servers=localhost:" + ports.kafka(),
                "--millrace.sinks.elasticsearch.uris=http://localhost:" + ports.elasticsearch(),
                "--spring.data.redis.host=localhost",
                "--spring.data.redis.port=" + ports.redis(),
                "--millrace.standalone.source.name=shop",
                "--millrace.standalone.source.port=" + ports.postgresql(),
                "--millrace.standalone.source.database=shop",
                "--millrace.standalone.source.username=" + LocalStack.POSTGRES_USER,
                "--millrace.standalone.source.password=" + LocalStack.POSTGRES_PASSWORD);
    }

    private static String shopUrl(LocalStackOptions options) {
        return "jdbc:postgresql://localhost:" + options.ports().postgresql() + "/shop";
    }

    private ConfigurableApplicationContext boot(
            DataHome home, List<String> properties, CompletableFuture<@Nullable Void> stackReady) throws Exception {
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
            ConfigurableApplicationContext context = application.run(properties.toArray(String[]::new));
            shutdown.add("Stopping capture, workers and web pages", context);
            steps.step("Capture, workers and web pages: started");
            return context;
        } catch (RuntimeException e) {
            if (stackReady.isCompletedExceptionally()) {
                await(stackReady);
            }
            throw e;
        }
    }

    private void register(PipelineCatalog catalog, StandaloneProperties standalone) throws Exception {
        SourceProperties source = standalone.source();
        if (source == null) {
            return;
        }
        Registration registration = new Registration(catalog, source);
        if (registration.source()) {
            steps.step("Source " + source.name() + ": registered");
        }
        if (standalone.demo()) {
            if (!wishes.stack()) {
                new DemoShop(registration.jdbcUrl(), source.username(), source.password()).prepare();
            }
            int registered = registration.tables(DemoShop.TABLES);
            if (registered > 0) {
                steps.step("Tables of the demo shop: " + registered + " registered for all sinks");
            }
        }
    }

    private void awaitFlow(Api api) throws Exception {
        steps.step("Waiting until a change can flow");
        long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
        String last = "";
        while (true) {
            Api.Answer answer = api.barrier(BARRIER_PATIENCE);
            if (answer.ok()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new Refusal("Nothing flows after " + READY_TIMEOUT.toMinutes() + " minutes: " + answer.problem());
            }
            String behind = answer.problem().replaceFirst("^After [0-9]+ ms: ", "");
            if (!behind.equals(last) && !shutdown.begun()) {
                steps.step("Still waiting: " + behind);
                last = behind;
            }
        }
    }

    private void startTrading(StandaloneProperties standalone) {
        SourceProperties source = standalone.source();
        if (standalone.demo() && source != null) {
            String url = "jdbc:postgresql://" + source.host() + ":" + source.port() + "/" + source.database();
            shutdown.add("Closing the shop", new DemoShop(url, source.username(), source.password()).trade());
        }
    }

    private static CompletableFuture<@Nullable Void> inBackground(String name, Task task) {
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

    private static void await(CompletableFuture<?> future) throws Exception {
        try {
            future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @FunctionalInterface
    private interface Task {
        void run() throws Exception;
    }
}
