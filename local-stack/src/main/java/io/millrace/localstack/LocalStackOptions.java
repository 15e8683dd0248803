package io.millrace.localstack;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How to start the local stack.
 *
 * @param dataDirectory holds everything that the services write: data, logs, temporary files, records of processes
 * @param servicesDirectory what the build copied for the services, or null to find it (see {@link ServicesDirectory})
 * @param ports the port of each service
 * @param tuning what the services may use
 * @param clean whether to delete all data before the start
 * @param stopAtExit whether the JVM's shutdown stops the services. Switch it off only to stop them yourself, after those
 *     who use them: shutdown hooks run in no order
 */
public record LocalStackOptions(
        Path dataDirectory,
        @Nullable Path servicesDirectory,
        Ports ports,
        ServiceTuning tuning,
        boolean clean,
        boolean stopAtExit) {

    public LocalStackOptions {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
    }

    /** The documented ports, data kept in {@code dataDirectory}. */
    public static LocalStackOptions in(Path dataDirectory) {
        return new LocalStackOptions(dataDirectory, null, Ports.DEFAULT, ServiceTuning.DEFAULT, false, true);
    }

    public LocalStackOptions withServicesDirectory(Path directory) {
        return new LocalStackOptions(dataDirectory, directory, ports, tuning, clean, stopAtExit);
    }

    public LocalStackOptions withPorts(Ports newPorts) {
        return new LocalStackOptions(dataDirectory, servicesDirectory, newPorts, tuning, clean, stopAtExit);
    }

    public LocalStackOptions withPort(Service service, int port) {
        return withPorts(ports.with(service, port));
    }

    public LocalStackOptions withTuning(ServiceTuning newTuning) {
        return new LocalStackOptions(dataDirectory, servicesDirectory, ports, newTuning, clean, stopAtExit);
    }

    public LocalStackOptions withClean(boolean startFromNothing) {
        return new LocalStackOptions(dataDirectory, servicesDirectory, ports, tuning, startFromNothing, stopAtExit);
    }

    public LocalStackOptions withStopAtExit(boolean stop) {
        return new LocalStackOptions(dataDirectory, servicesDirectory, ports, tuning, clean, stop);
    }
}
