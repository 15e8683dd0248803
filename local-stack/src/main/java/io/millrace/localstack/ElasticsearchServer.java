package io.millrace.localstack;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One Elasticsearch node without security. */
final class ElasticsearchServer implements Server {

    private static final String CLUSTER = "millrace-local";

    private final Path home;
    private final int port;
    private final int heapMegabytes;
    private final ServicesDirectory services;
    private final Unprivileged unprivileged;
    private Path distribution = Path.of("");

    ElasticsearchServer(Path home, int port, int heapMegabytes, ServicesDirectory services, Unprivileged unprivileged) {
        this.home = home;
        this.port = port;
        this.heapMegabytes = heapMegabytes;
        this.services = services;
        this.unprivileged = unprivileged;
    }

    @Override
    public void prepare(Workshop workshop) throws IOException, InterruptedException {
        distribution = services.elasticsearch(workshop::say);
        for (String directory : List.of("config/jvm.options.d", "data", "logs", "snapshots", "tmp")) {
            Files.createDirectories(home.resolve(directory));
        }
        try (Stream<Path> files = Files.list(distribution.resolve("config"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(
                        file, home.resolve("config").resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        // its GC log may grow to 2 GB, and nobody reads it here
        List<String> options = Files.readAllLines(home.resolve("config/jvm.options"));
        Files.write(
                home.resolve("config/jvm.options"),
                options.stream().filter(line -> !line.startsWith("-Xlog:gc")).toList());
        Files.writeString(
                home.resolve("config/jvm.options.d/heap.options"),
                "-Xms%1$dm%n-Xmx%1$dm%n-XX:-AlwaysPreTouch%n-XX:-HeapDumpOnOutOfMemoryError%n"
                        .formatted(heapMegabytes));
        Files.writeString(home.resolve("config/elasticsearch.yml"), """
                cluster.name: %s
                node.name: local
                path.data: "%s"
                path.logs: "%s"
                path.repo: "%s"
                http.host: 127.0.0.1
                http.port: %d
                transport.host: 127.0.0.1
                transport.port: 0
                discovery.type: single-node
                xpack.security.enabled: false
                xpack.ml.enabled: false
                # a developer's disk is often fuller than the 95 %% at which indexes become read-only
                cluster.routing.allocation.disk.threshold_enabled: false
                cluster.max_shards_per_node: 5000
                """.formatted(
                        CLUSTER, home.resolve("data"), home.resolve("logs"), home.resolve("snapshots"), port));
        unprivileged.own(home);
    }

    @Override
    public List<String> command() {
        return Stream.concat(
                        unprivileged.prefix().stream(),
                        Stream.of(distribution.resolve("bin/elasticsearch").toString()))
                .toList();
    }

    @Override
    public Map<String, String> environment() {
        return Map.of(
                // two launchers run before the node: what they compile well is never used
                "CLI_JAVA_OPTS", "-XX:TieredStopAtLevel=1",
                "ES_JAVA_HOME", System.getProperty("java.home"),
                "ES_PATH_CONF", home.resolve("config").toString(),
                "ES_TMPDIR", home.resolve("tmp").toString());
    }

    @Override
    public boolean answers() throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port + "/_cluster/health")
                .toURL()
                .openConnection();
        connection.setConnectTimeout(2_000);
        connection.setReadTimeout(10_000);
        try (InputStream in = connection.getInputStream()) {
            String health = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return health.contains("\"cluster_name\":\"" + CLUSTER + "\"")
                    && (health.contains("\"status\":\"yellow\"") || health.contains("\"status\":\"green\""));
        } finally {
            connection.disconnect();
        }
    }
}
