package io.millrace.standalone;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command reaches a running Millrace: by the data directory on this machine, or by URL and credentials. */
final class ApiOptions {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "data directory of the running process (default: .millrace)")
    private Path data = DataHome.usual();

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "a Millrace elsewhere, for example http://localhost:8080")
    private @Nullable String url;

    @Option(
            names = "--user",
            paramLabel = "NAME:PASSWORD",
            description = "credentials for --url; or set MILLRACE_TOKEN")
    private @Nullable String user;

    @Option(names = "--token", hidden = true, defaultValue = "${env:MILLRACE_TOKEN}")
    private @Nullable String token;

    Api api() throws IOException {
        String address = url;
        if (address == null) {
            if (user != null) {
                throw new Refusal("--user goes with --url: without it, the data directory holds the way in.");
            }
            return Api.local(data);
        }
        if (!address.matches("https?://[^/ ]+(/.*)?")) {
            throw new Refusal("--url " + address + " is no address: give one like http://localhost:8080.");
        }
        if (user != null) {
            if (!user.contains(":")) {
                throw new Refusal("--user " + user + " has no password: give --user " + user
                        + ":PASSWORD, or an API token in MILLRACE_TOKEN.");
            }
            return new Api(
                    address, "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
        }
        return new Api(address, token == null ? "" : "Bearer " + token);
    }
}
