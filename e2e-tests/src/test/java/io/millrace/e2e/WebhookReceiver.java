package io.millrace.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A third party's receiver on this machine: takes everything, and keeps it in the order in which it came. */
final class WebhookReceiver implements AutoCloseable {

    static final String SECRET = "whsec_"
            + Base64.getEncoder()
                    .encodeToString("a secret of some twenty-five bytes".getBytes(StandardCharsets.US_ASCII));

    /** A request. */
    record Delivery(String id, String body, JsonNode event) {

        /** Returns the key of the row, as it is in an address. */
        String row() {
            String subject = event.path("partitionkey").asString();
            return subject.substring(subject.indexOf('/') + 1);
        }

        /** Returns what happened: {@code <operation> <before> <after>}. */
        String change() {
            String type = event.path("type").asString();
            JsonNode data = event.path("data");
            return type.substring(type.lastIndexOf('.') + 1) + " " + data.path("before") + " " + data.path("after");
        }
    }

    private final JsonMapper json = JsonMapper.builder().build();
    private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer server;

    WebhookReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::take);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/changes";
    }

    /** Returns what came of a table, in order of arrival. */
    List<Delivery> of(String table) {
        return deliveries.stream()
                .filter(delivery ->
                        delivery.event().path("partitionkey").asString().startsWith("public." + table + "/"))
                .toList();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            // noted before the answer: whoever has the answer may look
            deliveries.add(
                    new Delivery(exchange.getRequestHeaders().getFirst("webhook-id"), body, json.readTree(body)));
            exchange.sendResponseHeaders(204, -1);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
