package io.millrace.localstack;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/** One Kafka broker that is its own controller (KRaft), in a JVM and with a class path of its own. */
final class KafkaServer implements Server {

    /** A change carries a row before and after it, as JSON: four times the 10 to 16 MB that a row may have. */
    private static final int LARGEST_MESSAGE = 64 * 1024 * 1024;

    private final Path home;
    private final int port;
    private final int heapMegabytes;
    private final ServicesDirectory services;

    KafkaServer(Path home, int port, int heapMegabytes, ServicesDirectory services) {
        this.home = home;
        this.port = port;
        this.heapMegabytes = heapMegabytes;
        this.services = services;
    }

    @Override
    public void prepare(Workshop workshop) throws IOException, InterruptedException {
        Files.createDirectories(home.resolve("tmp"));
        // the controller's port is nobody's business and nothing on the disk depends on it: any free one at each start
        Files.writeString(configuration(), properties(PortCheck.free(Set.of(port))));
        if (!Files.exists(metaProperties())) {
            workshop.say("formatting the log directory");
            workshop.run(
                    java(
                            96,
                            "kafka.tools.StorageTool",
                            "format",
                            "--ignore-formatted",
                            "--cluster-id",
                            Uuid.randomUuid().toString(),
                            "--config",
                            configuration().toString()),
                    Map.of(),
                    Duration.ofMinutes(1));
        }
    }

    private String properties(int controllerPort) {
        return """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://localhost:%1$d
                controller.listener.names=CONTROLLER
                log.dirs=%3$s
                # a restart after a kill waits until the controller has given up the killed one
                broker.session.timeout.ms=3000
                broker.heartbeat.interval.ms=500
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=5
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                transaction.state.log.num.partitions=5
                share.coordinator.state.topic.replication.factor=1
                share.coordinator.state.topic.min.isr=1
                share.coordinator.state.topic.num.partitions=5
                group.initial.rebalance.delay.ms=0
                message.max.bytes=%4$d
                replica.fetch.max.bytes=%4$d
                num.network.threads=2
                num.io.threads=4
                # its default takes a third of the heap
                log.cleaner.dedupe.buffer.size=16777216
                """.formatted(port, controllerPort, logs(), LARGEST_MESSAGE);
    }

    private List<String> java(int megabytes, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms" + Math.min(megabytes, 96) + "m",
                "-Xmx" + megabytes + "m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.awt.headless=true",
                "-Djava.io.tmpdir=" + home.resolve("tmp"),
                "-Dorg.slf4j.simpleLogger.showDateTime=true",
                "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
                "-cp",
                services.kafkaClassPath()));
        words.addAll(List.of(arguments));
        return List.copyOf(words);
    }

    @Override
    public List<String> command() {
        return java(heapMegabytes, "kafka.Kafka", configuration().toString());
    }

    @Override
    public boolean answers() throws IOException, InterruptedException, ExecutionException, TimeoutException {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:" + port,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 3_000,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 5_000))) {
            var cluster = admin.describeCluster();
            return cluster.clusterId().get(5, TimeUnit.SECONDS).equals(clusterId())
                    && !cluster.nodes().get(5, TimeUnit.SECONDS).isEmpty();
        }
    }

    private String clusterId() throws IOException {
        Properties meta = new Properties();
        try (InputStream in = Files.newInputStream(metaProperties())) {
            meta.load(in);
        }
        return meta.getProperty("cluster.id", "");
    }

    private Path logs() {
        return home.resolve("data");
    }

    private Path metaProperties() {
        return logs().resolve("meta.properties");
    }

    private Path configuration() {
        return home.resolve("server.properties");
    }
}
