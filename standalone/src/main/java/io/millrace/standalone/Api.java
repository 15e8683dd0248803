package io.millrace.standalone;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Millrace's REST API as commands use it. Thread-safe. */
public final class Api {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String url;
    private final String authorization;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    /**
     * @param url without {@code /api/v1}
     * @param authorization the header's value, for example {@code Bearer mlr_...}
     */
    public Api(String url, String authorization) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        this.authorization = authorization;
    }

    /** Returns the way in that the process on this data directory left there. */
    public static Api local(java.nio.file.Path data) throws IOException {
        LocalAccess access = LocalAccess.read(data)
                .orElseThrow(
                        () -> new Refusal(
                                "No Millrace runs on the data directory "
                                        + data.toAbsolutePath().normalize()
                                        + ". Start one with ./millrace up, name its directory with --data, or a running one with --url."));
        return new Api(access.url(), "Bearer " + access.token());
    }

    /** An answer: its status and its JSON; a missing node where it held none. */
    public record Answer(int status, JsonNode body) {

        public boolean ok() {
            return status / 100 == 2;
        }

        /** Returns what a problem (RFC 9457) says to a person. */
        public String problem() {
            String title = body.path("title").asString("The answer was " + status);
            String detail = body.path("detail").asString("");
            return detail.isEmpty() ? title : detail;
        }
    }

    public Answer get(String path) throws IOException, InterruptedException {
        return send(request(path, Duration.ofSeconds(30)).GET().build());
    }

    /** Posts JSON, or nothing where it is empty. */
    public Answer post(String path, String json, Duration timeout) throws IOException, InterruptedException {
        return send(request(path, timeout)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build());
    }

    /** Waits until all that was committed before is in every sink, or the time is over. */
    public Answer barrier(Duration timeout) throws IOException, InterruptedException {
        return post("/barrier?timeout=" + timeout.toMillis() + "ms", "", timeout.plusSeconds(10));
    }

    private HttpRequest.Builder request(String path, Duration timeout) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + "/api/v1" + path))
                .timeout(timeout)
                .header("Accept", "application/json, application/problem+json");
        return authorization.isEmpty() ? request : request.header("Authorization", authorization);
    }

    private Answer send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> response;
        try {
            response = http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (ConnectException e) {
            throw new Refusal(
                    "No Millrace answers at " + url + ". Start one with ./millrace up, or name another with --url.", e);
        } catch (HttpTimeoutException e) {
            throw new Refusal("Millrace at " + url + " does not answer in time. Look at its log, or try again.", e);
        } catch (IOException e) {
            throw new Refusal("What answers at " + url + " is no Millrace (" + e.getMessage() + "): correct --url.", e);
        }
        if (response.statusCode() == 401 || response.statusCode() == 403) {
            throw new Refusal("Millrace at " + url + " refuses these credentials (" + response.statusCode()
                    + "): give --user NAME:PASSWORD, or an API token in MILLRACE_TOKEN.");
        }
        try {
            JsonNode body = response.body().isBlank() ? MissingNode.getInstance() : JSON.readTree(response.body());
            Answer answer = new Answer(response.statusCode(), body);
            if (!answer.ok() && !body.has("title")) {
                throw new Refusal("What answers at " + url + " is no Millrace (status " + response.statusCode()
                        + " without a reason): correct --url.");
            }
            return answer;
        } catch (JacksonException e) {
            throw new Refusal("What answers at " + url + " is no Millrace: its answer is no JSON. Correct --url.", e);
        }
    }
}
