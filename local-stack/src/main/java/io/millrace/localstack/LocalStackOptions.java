package io.millrace.localstack;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to start the local stack.
 *
 * @param dataDirectory holds everything that the services write: data, logs, temporary files, records of processes
 * @param servicesDirectory what the build copied for the services, or null to find it (see {@link ServicesDirectory})
 * @param ports the port of each service
 * @param kafkaHeapMegabytes the heap of the Kafka broker
 * @param elasticsearchHeapMegabytes the heap of the Elasticsearch node
 * @param postgresFsync whether PostgreSQL forces its WAL to the disk at each commit. On, as in production, by default; off
 *     makes small commits faster and loses the cluster in a power cut (not when a process is killed)
 * @param clean whether to delete all data before the start
 * @param stopAtExit whether the JVM's shutdown stops the services. Switch it off only to stop them yourself, after those
 *     who use them: shutdown hooks run in no order
 * @param startTimeout how long one service may take until it answers
 */
public record LocalStackOptions(
        Path dataDirectory,
        @Nullable Path servicesDirectory,
        Ports ports,
        int kafkaHeapMegabytes,
        int elasticsearchHeapMegabytes,
        boolean postgresFsync,
        boolean clean,
        boolean stopAtExit,
        Duration startTimeout) {

    /** @throws IllegalArgumentException for a heap that is too small to start with, or a timeout that is not positive */
    public LocalStackOptions {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        requireHeap("Kafka", kafkaHeapMegabytes, 128);
        requireHeap("Elasticsearch", elasticsearchHeapMegabytes, 256);
        if (startTimeout.isNegative() || startTimeout.isZero()) {
            throw new IllegalArgumentException("The start timeout is " + startTimeout + ": give a positive duration");
        }
    }

    /** The documented ports, data kept in {@code dataDirectory}. */
    public static LocalStackOptions in(Path dataDirectory) {
        return new LocalStackOptions(
                dataDirectory, null, Ports.DEFAULT, 384, 512, true, false, true, Duration.ofMinutes(3));
    }

    public LocalStackOptions withServicesDirectory(Path directory) {
        return new LocalStackOptions(
                dataDirectory,
                directory,
                ports,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                postgresFsync,
                clean,
                stopAtExit,
                startTimeout);
    }

    public LocalStackOptions withPorts(Ports newPorts) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                newPorts,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                postgresFsync,
                clean,
                stopAtExit,
                startTimeout);
    }

    public LocalStackOptions withPort(Service service, int port) {
        return withPorts(ports.with(service, port));
    }

    public LocalStackOptions withHeaps(int kafkaMegabytes, int elasticsearchMegabytes) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                ports,
                kafkaMegabytes,
                elasticsearchMegabytes,
                postgresFsync,
                clean,
                stopAtExit,
                startTimeout);
    }

    public LocalStackOptions withPostgresFsync(boolean fsync) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                ports,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                fsync,
                clean,
                stopAtExit,
                startTimeout);
    }

    public LocalStackOptions withClean(boolean startFromNothing) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                ports,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                postgresFsync,
                startFromNothing,
                stopAtExit,
                startTimeout);
    }

    public LocalStackOptions withStopAtExit(boolean stop) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                ports,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                postgresFsync,
                clean,
                stop,
                startTimeout);
    }

    public LocalStackOptions withStartTimeout(Duration timeout) {
        return new LocalStackOptions(
                dataDirectory,
                servicesDirectory,
                ports,
                kafkaHeapMegabytes,
                elasticsearchHeapMegabytes,
                postgresFsync,
                clean,
                stopAtExit,
                timeout);
    }

    private static void requireHeap(String name, int megabytes, int least) {
        if (megabytes < least) {
            throw new IllegalArgumentException(
                    name + " cannot work with a heap of " + megabytes + " MB: give it at least " + least + " MB");
        }
    }
}
