package io.millrace.standalone;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.JsonNode;

@Command(
        name = "status",
        description = "Shows sources, tables and how far the sinks are behind. Exit 1 where something has failed.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("SystemOut")
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private ApiOptions options = new ApiOptions();

    @Override
    public Integer call() throws Exception {
        Api api = options.api();
        JsonNode sources = read(api, "/sources");
        JsonNode tables = read(api, "/tables");
        JsonNode lag = read(api, "/lag");
        boolean failed = false;
        for (JsonNode source : sources.path("items")) {
            String name = source.path("name").asString("?");
            print("source", name, source);
            for (JsonNode capture : lag.path("capture")) {
                if (capture.path("source").asString("").equals(name)) {
                    System.out.printf(
                            Locale.ROOT,
                            "         capture behind: %s, %s s%n",
                            bytes(capture.path("bytes").asLong(0)),
                            capture.path("seconds").asString("-"));
                }
            }
            failed |= isFailed(source);
        }
        for (JsonNode table : tables.path("items")) {
            String name = table.path("source").asString("?") + "."
                    + table.path("schema").asString("?") + "."
                    + table.path("table").asString("?");
            print("table", name, table);
            failed |= isFailed(table);
        }
        if (lag.path("sinks").isEmpty()) {
            System.out.println("No table goes to a sink yet.");
        }
        for (JsonNode sink : lag.path("sinks")) {
            System.out.printf(
                    Locale.ROOT,
                    "sink     %-14s %-40s %8s records behind, %s s%n",
                    sink.path("sink").asString("?"),
                    sink.path("source").asString("?") + "."
                            + sink.path("schema").asString("?") + "."
                            + sink.path("table").asString("?"),
                    sink.path("records").asString("?"),
                    sink.path("seconds").asString("-"));
        }
        return failed ? 1 : 0;
    }

    private static JsonNode read(Api api, String path) throws Exception {
        Api.Answer answer = api.get(path);
        if (!answer.ok()) {
            throw new Refusal("Millrace does not answer " + path + ": " + answer.problem());
        }
        return answer.body();
    }

    private static void print(String kind, String name, JsonNode thing) {
        String message = thing.path("message").asString("");
        System.out.printf(
                Locale.ROOT,
                "%-8s %-55s %s%s%n",
                kind,
                name,
                thing.path("state").asString("?"),
                message.isEmpty() ? "" : ": " + message);
    }

    private static boolean isFailed(JsonNode thing) {
        return thing.path("state").asString("").equals("FAILED");
    }

    private static String bytes(long bytes) {
        return bytes < 10_000 ? bytes + " bytes of WAL" : bytes / 1_000_000 + "." + bytes / 100_000 % 10 + " MB of WAL";
    }
}
