package io.millrace.benchmarks.sinks;

import io.millrace.standalone.Refusal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program that is measured against. */
final class Tool {

    private Tool() {}

    /** Runs it and returns what it printed. */
    static String run(List<String> command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new Refusal(
                    command.get(0) + " is not there. Install Debian's redis-tools and postgresql-client:"
                            + " apt-get install --no-install-recommends redis-tools postgresql-client",
                    e);
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new Refusal(String.join(" ", command) + ": " + said.strip());
        }
        return said;
    }
}
