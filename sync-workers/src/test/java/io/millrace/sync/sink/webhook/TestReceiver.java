package io.millrace.sync.sink.webhook;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A third party's receiver: checks what it is sent as Standard Webhooks says, and fails as it is told to. */
final class TestReceiver implements AutoCloseable {

    static final String SECRET =
            "whsec_" + Base64.getEncoder().encodeToString("a secret of twenty-seven bytes".getBytes());

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** A request with a valid signature. */
    record Delivery(String id, String key, String sequence, JsonNode event, long at) {

        JsonNode data() {
            return event.path("data");
        }
    }

    /** Writes an answer, or none. */
    interface Respond {
        void to(HttpExchange exchange) throws Exception;
    }

    /** How a request is answered, and whether the receiver keeps the change. */
    record Script(boolean keeps, Respond respond) {}

    static final Script ACCEPT = new Script(true, exchange -> exchange.sendResponseHeaders(204, -1));
    /** The connection ends without an answer. */
    static final Script RESET = new Script(false, exchange -> {});
    /** A 2xx of which only the beginning arrives. */
    static final Script ACCEPT_THEN_CUT = new Script(true, exchange -> {
        exchange.sendResponseHeaders(200, 1000);
        exchange.getResponseBody().write("begin".getBytes(StandardCharsets.US_ASCII));
        exchange.getResponseBody().flush();
    });

    static Script status(int code, String... headers) {
        return new Script(false, exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().add(headers[i], headers[i + 1]);
            }
            byte[] body = "something went wrong".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(code, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        });
    }

    /** Says nothing until the latch opens, and then closes the connection. */
    static Script hang(CountDownLatch until) {
        return new Script(false, exchange -> until.await());
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Delivery> attempts = new CopyOnWriteArrayList<>();
    private final List<Delivery> accepted = new CopyOnWriteArrayList<>();
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private final Map<String, Integer> inFlight = new HashMap<>();
    private volatile Function<Delivery, Script> script = delivery -> ACCEPT;

    TestReceiver() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/changes";
    }

    int port() {
        return server.getAddress().getPort();
    }

    void answers(Function<Delivery, Script> how) {
        script = how;
    }

    /** Returns the requests, in order of arrival. */
    List<Delivery> attempts() {
        return List.copyOf(attempts);
    }

    /** Returns what was accepted, in that order; all of it, what came twice too. */
    List<Delivery> accepted() {
        return List.copyOf(accepted);
    }

    List<String> acceptedIds() {
        return accepted.stream().map(Delivery::id).toList();
    }

    /** Returns what no receiver should see: wrong signatures, two requests of one row at a time. */
    List<String> faults() {
        return new ArrayList<>(faults);
    }

    void forget() {
        attempts.clear();
        accepted.clear();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Delivery delivery = read(exchange, body);
            attempts.add(delivery);
            enter(delivery.key());
            Script how = script.apply(delivery);
            if (how.keeps()) {
                // noted before the answer: whoever has the answer may look
                accepted.add(delivery);
            }
            leave(delivery.key());
            how.respond().to(exchange);
        } catch (Exception e) {
            faults.add(String.valueOf(e));
        } finally {
            exchange.close();
        }
    }

    private synchronized void enter(String key) {
        if (inFlight.merge(key, 1, Integer::sum) > 1) {
            faults.add("two requests at a time for " + key);
        }
    }

    private synchronized void leave(String key) {
        inFlight.merge(key, -1, Integer::sum);
    }

    private Delivery read(HttpExchange exchange, byte[] body) throws GeneralSecurityException {
        String id = exchange.getRequestHeaders().getFirst("webhook-id");
        String timestamp = exchange.getRequestHeaders().getFirst("webhook-timestamp");
        String signature = exchange.getRequestHeaders().getFirst("webhook-signature");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(Base64.getDecoder().decode(SECRET.substring("whsec_".length())), "HmacSHA256"));
        mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
        String expected = "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        if (!expected.equals(signature)) {
            faults.add("the signature of " + id + " is " + signature + " and not " + expected);
        }
        if (Math.abs(Long.parseLong(timestamp) - System.currentTimeMillis() / 1000) > 60) {
            faults.add("the timestamp of " + id + " is " + timestamp);
        }
        String type = exchange.getRequestHeaders().getFirst("content-type");
        if (!type.startsWith("application/cloudevents+json")) {
            faults.add("the content type is " + type);
        }
        JsonNode event = JSON.readTree(body);
        if (!event.path("id").asString().equals(id)) {
            faults.add("webhook-id " + id + " is not the event's id " + event.path("id"));
        }
        return new Delivery(
                id,
                event.path("partitionkey").asString(),
                event.path("sequence").asString(),
                event,
                System.nanoTime());
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
