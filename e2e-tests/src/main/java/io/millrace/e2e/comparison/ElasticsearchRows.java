package io.millrace.e2e.comparison;

import io.millrace.event.TableId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The documents behind a table's alias. */
public final class ElasticsearchRows implements RowStore {

    private static final int PAGE = 2_000;
    private static final Pattern ENCODED = Pattern.compile("(?:%[0-9A-F]{2})+");

    private final HttpClient http = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.builder().build();
    private final URI server;

    public ElasticsearchRows(URI server) {
        this.server = server;
    }

    @Override
    public String name() {
        return "elasticsearch";
    }

    @Override
    public boolean keepsJsonNull() {
        return false;
    }

    @Override
    public void rows(String source, TableId table, Consumer<StoredRow> reader) {
        String alias = (source + "." + table.schema() + "." + table.table()).toLowerCase(Locale.ROOT);
        if (call("HEAD", "/" + alias, "").statusCode() == 404) {
            return;
        }
        post("/" + alias + "/_refresh", "");
        String pit = post("/" + alias + "/_pit?keep_alive=1m", "").path("id").asString();
        String after = "";
        while (true) {
            JsonNode hits = post(
                            "/_search",
                            "{\"size\":" + PAGE
                                    + ",\"track_total_hits\":false,\"sort\":[{\"_shard_doc\":\"asc\"}],\"pit\":{\"id\":\""
                                    + pit + "\",\"keep_alive\":\"1m\"}" + after + "}")
                    .path("hits")
                    .path("hits");
            if (hits.isEmpty()) {
                return;
            }
            for (JsonNode hit : hits) {
                reader.accept(new StoredRow(columns(hit.path("_source")).toString(), Set.of()));
            }
            after = ",\"search_after\":" + hits.get(hits.size() - 1).path("sort");
        }
    }

    /** Returns a document under its columns' names: fields have those, but for some characters, which are percent-encoded. */
    private ObjectNode columns(JsonNode document) {
        ObjectNode row = json.createObjectNode();
        document.properties()
                .forEach(field -> row.set(
                        ENCODED.matcher(field.getKey())
                                .replaceAll(found -> Matcher.quoteReplacement(
                                        URLDecoder.decode(found.group(), StandardCharsets.UTF_8))),
                        field.getValue()));
        return row;
    }

    private JsonNode post(String path, String body) {
        HttpResponse<String> response = call("POST", path, body);
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(
                    "Elasticsearch answered " + response.statusCode() + " to " + path + ": " + response.body());
        }
        return json.readTree(response.body());
    }

    private HttpResponse<String> call(String method, String path, String body) {
        try {
            return http.send(
                    HttpRequest.newBuilder(server.resolve(path))
                            .header("Content-Type", "application/json")
                            .method(method, BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException("Elasticsearch does not answer at " + server, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while reading from Elasticsearch", e);
        }
    }
}
