package io.millrace.standalone;

import java.io.Console;
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
            paramLabel = "NAME[:PASSWORD]",
            description =
                    "credentials for --url; the password is asked for where it is left out; or set MILLRACE_TOKEN")
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
            return new Api(address, "Basic " + encoded(user.contains(":") ? user : user + ":" + askedPassword(user)));
        }
        return new Api(address, token == null ? "" : "Bearer " + token);
    }

    private static String encoded(String credentials) {
        return Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    /** A password that is typed stands neither in the shell's history nor in the list of processes. */
    private static String askedPassword(String name) {
        Console console = System.console();
        char[] password = console == null ? null : console.readPassword("Password of %s: ", name);
        if (password == null) {
            throw new Refusal("--user " + name + " has no password: give --user " + name
                    + ":PASSWORD, or an API token in MILLRACE_TOKEN.");
        }
        return new String(password);
    }
}
