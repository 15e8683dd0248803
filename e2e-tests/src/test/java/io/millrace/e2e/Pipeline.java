package io.millrace.e2e;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Ports;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;

/** The three apps, each a process, on the local stack, with the source {@code shop} registered. Shared by all tests of this JVM. */
final class Pipeline extends Flow implements AutoCloseable {

    final LocalStack stack;
    final AppProcess capture;
    final AppProcess workers;
    final AppProcess admin;
    /** Where the sink {@code webhook} sends. */
    final WebhookReceiver receiver = new WebhookReceiver();

    private final Admin kafka;

    private final List<String> common;

    Pipeline(LocalStack stack) {
        this(stack, Ports.free());
    }

    private Pipeline(LocalStack stack, int port) {
        super(port, stack.postgresPort(), stack.elasticsearchUri().getPort(), stack.redisPort());
        this.stack = stack;
        this.kafka = Admin.create(Map.of("bootstrap.servers", stack.kafkaBootstrapServers()));
        this.common = List.of(
                "--spring.datasource.url=" + stack.postgresJdbcUrl("millrace"),
                "--spring.datasource.username=postgres",
                "--spring.datasource.password=postgres",
                "--spring.kafka.bootstrap-servers=" + stack.kafkaBootstrapServers(),
                "--spring.data.redis.host=localhost",
                "--spring.data.redis.port=" + stack.redisPort(),
                "--millrace.sinks.elasticsearch.uris=" + stack.elasticsearchUri(),
                "--millrace.sinks.webhook.url=" + receiver.url(),
                "--millrace.sinks.webhook.secret=" + WebhookReceiver.SECRET,
                "--millrace.sinks.webhook.allowed-addresses=127.0.0.1/32",
                "--millrace.catalog.secret=an end-to-end secret");
        this.capture = app("capture", "io.millrace.capture.CaptureApplication", common, 0);
        this.workers = app("workers", "io.millrace.sync.SyncWorkersApplication", common, 0);
        this.admin = app("admin", "io.millrace.admin.AdminApplication", common, port);
    }

    /** Returns an admin client for what tests look up at the broker. */
    Admin kafka() {
        return kafka;
    }

    /** Another capture process on the same platform. */
    AppProcess standby() {
        return capture.twin("capture-standby");
    }

    /** Another source of the same pipeline: the database {@code shop} of a server. */
    Flow source(String name, int port) {
        Flow flow = new Flow(
                name,
                port,
                web.getPort(),
                stack.postgresPort(),
                stack.elasticsearchUri().getPort(),
                stack.redisPort());
        flow.addSource();
        return flow;
    }

    /** Another process of workers, not started. Arguments come last and so take the place of others. */
    AppProcess moreWorkers(String name, String... arguments) {
        return app(
                name,
                "io.millrace.sync.SyncWorkersApplication",
                Stream.concat(common.stream(), Stream.of(arguments)).toList(),
                0);
    }

    private static AppProcess app(String name, String mainClass, List<String> common, int port) {
        Stream<String> own = Stream.of(
                "--server.port=" + port, "--management.server.port=0", "--millrace.admin.password=" + PASSWORD);
        return AppProcess.java(
                name,
                mainClass,
                320,
                "Started " + mainClass.substring(mainClass.lastIndexOf('.') + 1),
                Stream.concat(common.stream(), own).toList());
    }

    void start() {
        // all three at once, on an empty platform database: the migrations must cope
        List.of(admin, capture, workers).forEach(AppProcess::launch);
        List.of(admin, capture, workers).forEach(AppProcess::awaitReady);
        addSource();
    }

    @Override
    public void close() {
        kafka.close();
        Stream.of(workers, capture, admin).filter(AppProcess::isAlive).forEach(AppProcess::stop);
        receiver.close();
    }
}
