package io.millrace.benchmarks.sinks;

import io.millrace.standalone.Refusal;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Elasticsearch, against a client that sends prepared bulk requests of every change with the same versions, one after the other. */
final class ElasticsearchRival implements Rival {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String FLOOR = "bench-floor";
    private static final int REQUEST_BYTES = 8 * 1024 * 1024;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI uri;
    private final Path directory;

    ElasticsearchRival(URI uri, Path directory) {
        this.uri = uri;
        this.directory = directory;
    }

    @Override
    public String sink() {
        return "elasticsearch";
    }

    @Override
    public String floorName() {
        return "prepared bulk";
    }

    @Override
    public double goal() {
        return 0.8;
    }

    @Override
    public boolean beatsFloor(Workload workload) {
        return workload.skew() > 0;
    }

    @Override
    public void verify(Workload workload) throws Exception {
        request("POST", "/" + workload.topic() + "/_refresh", null);
        long found = request("GET", "/" + workload.topic() + "/_count", null)
                .path("count")
                .asLong();
        if (found != workload.touched()) {
            throw new Refusal("Elasticsearch holds " + found + " documents of " + workload.touched() + " rows");
        }
    }

    @Override
    public double floor(Workload workload) throws Exception {
        List<Integer> sizes = new ArrayList<>();
        Path file = directory.resolve(workload.name() + ".ndjson");
        prepare(workload, file, sizes);
        createLike(workload.topic());
        long begin = System.nanoTime();
        try (InputStream prepared = Files.newInputStream(file)) {
            for (int size : sizes) {
                byte[] body = prepared.readNBytes(size);
                HttpRequest bulk = HttpRequest.newBuilder(
                                uri.resolve("/" + FLOOR + "/_bulk?filter_path=errors,items.*.error.type"))
                        .header("Content-Type", "application/x-ndjson")
                        .POST(BodyPublishers.ofByteArray(body))
                        .build();
                HttpResponse<String> answer = http.send(bulk, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != 200 || !answer.body().contains("\"errors\":false")) {
                    throw new Refusal("The prepared bulk was refused: "
                            + answer.body()
                                    .substring(0, Math.min(300, answer.body().length())));
                }
            }
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        Files.delete(file);
        return workload.changes() / seconds;
    }

    private static void prepare(Workload workload, Path file, List<Integer> sizes) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            int[] size = new int[1];
            workload.each(made -> {
                byte[] action = ("{\"index\":{\"_id\":\"" + made.key() + "\",\"version\":" + made.version()
                                + ",\"version_type\":\"external\"}}\n")
                        .getBytes(StandardCharsets.US_ASCII);
                int more = action.length + made.row().length + 1;
                if (size[0] + more > REQUEST_BYTES) {
                    sizes.add(size[0]);
                    size[0] = 0;
                }
                size[0] += more;
                try {
                    out.write(action);
                    out.write(made.row());
                    out.write('\n');
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            sizes.add(size[0]);
        }
    }

    /** Makes an index with the mapping and the settings of the sink's own. */
    private void createLike(String alias) throws IOException, InterruptedException {
        JsonNode found = request("GET", "/" + alias, null).iterator().next();
        ObjectNode index = JSON.createObjectNode();
        index.set("mappings", found.path("mappings"));
        ObjectNode settings = ((ObjectNode) found.path("settings").path("index")).deepCopy();
        settings.remove(List.of("uuid", "creation_date", "provided_name", "version", "routing"));
        index.putObject("settings").set("index", settings);
        request("DELETE", "/" + FLOOR, null);
        request("PUT", "/" + FLOOR, index.toString());
    }

    @Override
    public void empty(Workload workload) throws Exception {
        request("DELETE", "/" + FLOOR, null);
        JsonNode own = request("GET", "/" + workload.topic(), null);
        for (String index : own.propertyNames()) {
            request("DELETE", "/" + index, null);
        }
    }

    private JsonNode request(String method, String path, @org.jspecify.annotations.Nullable String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri.resolve(path))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 400 && answer.statusCode() != 404) {
            throw new Refusal(method + " " + path + ": " + answer.body());
        }
        return JSON.readTree(answer.body());
    }
}
