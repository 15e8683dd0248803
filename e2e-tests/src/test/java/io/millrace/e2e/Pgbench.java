package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** PostgreSQL's own load tool. */
final class Pgbench {

    private Pgbench() {}

    /** One run of it. */
    record Running(Process process, Path printed) {

        /** Returns what it printed; it must have ended well. */
        String output() throws IOException {
            String text = Files.readString(printed);
            assertThat(process.exitValue()).as(text).isZero();
            return text;
        }

        /** Ends it where it is; transactions that are under way are rolled back. */
        void end() throws InterruptedException {
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Runs it against the source and returns what it printed. */
    static String run(Pipeline pipeline, String... arguments) throws Exception {
        Running running = start(pipeline, arguments);
        assertThat(running.process().waitFor(5, TimeUnit.MINUTES)).isTrue();
        return running.output();
    }

    /** Starts it against the source. */
    static Running start(Pipeline pipeline, String... arguments) throws Exception {
        Path output = Files.createTempFile(Path.of("target").toAbsolutePath(), "pgbench", ".txt");
        ProcessBuilder builder = new ProcessBuilder(Stream.concat(
                        Stream.of(
                                executable(),
                                "-h",
                                "localhost",
                                "-p",
                                Integer.toString(pipeline.stack.postgresPort()),
                                "-U",
                                "postgres"),
                        Stream.concat(Stream.of(arguments), Stream.of("shop")))
                .toList());
        builder.environment().put("PGPASSWORD", "postgres");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        return new Running(process, output);
    }

    /** Debian keeps it out of the path, one folder a version. */
    private static String executable() throws Exception {
        try (Stream<Path> versions = Files.exists(Path.of("/usr/lib/postgresql"))
                ? Files.list(Path.of("/usr/lib/postgresql"))
                : Stream.empty()) {
            return versions.map(version -> version.resolve("bin/pgbench"))
                    .filter(Files::isExecutable)
                    .map(Path::toString)
                    .findFirst()
                    .orElse("pgbench");
        }
    }
}
