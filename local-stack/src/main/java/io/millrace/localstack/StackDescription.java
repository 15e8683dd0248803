package io.millrace.localstack;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Properties;

/** The file by which another JVM finds a running stack: {@code stack.properties} in its data directory. */
final class StackDescription {

    private StackDescription() {}

    static Path in(Path dataDirectory) {
        return dataDirectory.resolve("stack.properties");
    }

    static void write(LocalStackOptions options, Path services) throws IOException {
        Properties properties = new Properties();
        properties.setProperty("data.directory", options.dataDirectory().toString());
        properties.setProperty("services.directory", services.toString());
        for (Service service : Service.values()) {
            properties.setProperty(
                    service.key() + ".port", Integer.toString(options.ports().of(service)));
        }
        ServiceTuning tuning = options.tuning();
        properties.setProperty("kafka.heap.megabytes", Integer.toString(tuning.kafkaHeapMegabytes()));
        properties.setProperty("elasticsearch.heap.megabytes", Integer.toString(tuning.elasticsearchHeapMegabytes()));
        properties.setProperty("postgres.fsync", Boolean.toString(tuning.postgresFsync()));
        Path file = in(options.dataDirectory());
        Path next = file.resolveSibling("stack.properties.next");
        try (OutputStream out = Files.newOutputStream(next)) {
            properties.store(out, "A running local stack of Millrace");
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** @throws LocalStackException when the file is not there or says nothing usable */
    static LocalStackOptions read(Path file) {
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            properties.load(in);
            Ports ports = Ports.FREE;
            for (Service service : Service.values()) {
                ports = ports.with(service, Integer.parseInt(required(properties, service.key() + ".port", file)));
            }
            return LocalStackOptions.in(Path.of(required(properties, "data.directory", file)))
                    .withServicesDirectory(Path.of(required(properties, "services.directory", file)))
                    .withPorts(ports)
                    .withTuning(new ServiceTuning(
                            Integer.parseInt(required(properties, "kafka.heap.megabytes", file)),
                            Integer.parseInt(required(properties, "elasticsearch.heap.megabytes", file)),
                            Boolean.parseBoolean(required(properties, "postgres.fsync", file))))
                    .withStopAtExit(false);
        } catch (IOException e) {
            throw new LocalStackException(
                    "No local stack runs with the description " + file + ": start one with \"./millrace stack\"", e);
        } catch (NumberFormatException e) {
            throw new LocalStackException(file + " is damaged: stop the local stack and start it again", e);
        }
    }

    private static String required(Properties properties, String key, Path file) {
        String value = properties.getProperty(key);
        if (value == null) {
            throw new LocalStackException(file + " does not say " + key + ": stop the local stack and start it again");
        }
        return value;
    }
}
