package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory that one stack writes to, and the proof that no other stack does. */
final class DataDirectory implements AutoCloseable {

    private final Path root;
    private final FileChannel channel;

    private DataDirectory(Path root, FileChannel channel) {
        this.root = root;
        this.channel = channel;
    }

    /**
     * Takes the directory for this JVM.
     *
     * @throws LocalStackException when a living process has it
     */
    static DataDirectory take(Path root) {
        try {
            Files.createDirectories(root.resolve("run"));
            Files.createDirectories(root.resolve("logs"));
            // The owner's file is asked before the lock: opening and closing the lock file a second time in the same
            // JVM
            // would give up the first one's lock (fcntl(2): any close releases it)
            ProcessRecord owner = new ProcessRecord(root.resolve("run/owner"));
            owner.read().stream().filter(ProcessIdentity::isAlive).findFirst().ifPresent(living -> {
                throw inUse(root, living);
            });
            FileChannel channel =
                    FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel) == null) {
                channel.close();
                throw inUse(root, null);
            }
            owner.write(
                    ProcessIdentity.of(ProcessHandle.current().pid()).stream().toList());
            return new DataDirectory(root, channel);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot use the data directory " + root, e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static LocalStackException inUse(Path root, @Nullable ProcessIdentity owner) {
        return new LocalStackException("The data directory " + root + " is in use by "
                + (owner == null ? "another process" : "process " + owner.pid())
                + ": stop that one (Ctrl-C, or kill " + (owner == null ? "its pid" : owner.pid())
                + "), or give this one another directory with --data, and other ports.");
    }

    /** Ends what an earlier owner left behind when it was killed; nothing but the recorded processes. */
    List<Service> endOrphans() {
        return Stream.of(Service.values())
                .filter(service -> {
                    ServiceProcess process = process(root, service);
                    boolean orphaned = process.isAlive();
                    process.stop(service.stopSignal(), ServiceProcess.GRACE);
                    return orphaned;
                })
                .toList();
    }

    /** Deletes what the services wrote and nothing else: the directory was named by a person, who may have mistyped. */
    void clean() {
        for (Service service : Service.values()) {
            Trees.delete(root.resolve(service.key()));
        }
        Trees.delete(root.resolve("logs"));
        Trees.delete(StackDescription.in(root));
    }

    static ServiceProcess process(Path root, Service service) {
        return new ServiceProcess(
                service,
                new ProcessRecord(root.resolve("run").resolve(service.key())),
                root.resolve("logs").resolve(service.key() + ".log"),
                root.resolve("logs"));
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(root.resolve("run/owner"));
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot give back the data directory " + root, e);
        }
    }
}
