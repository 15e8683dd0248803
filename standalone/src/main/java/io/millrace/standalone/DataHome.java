package io.millrace.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The data directory as this process owns it: its secret, its log, the way in for the command line. What the four services keep
 * there is the local stack's.
 *
 * <pre>
 * millrace.lock    held while a process runs, with its pid
 * catalog.secret   what the sources' passwords are encrypted with; readable for its owner only
 * cli-token        URL and token for ./millrace status and barrier; readable for its owner only
 * log/millrace.log
 * </pre>
 */
final class DataHome implements AutoCloseable {

    private static final String LOCK = "millrace.lock";
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path root;
    private final FileChannel channel;

    private DataHome(Path root, FileChannel channel) {
        this.root = root;
        this.channel = channel;
    }

    /** Returns the directory that is used where none is named: {@code .millrace} beside the script. */
    static Path usual() {
        return Path.of(System.getProperty("millrace.home", "")).resolve(".millrace");
    }

    /**
     * Takes the directory for this process.
     *
     * @throws Refusal when another process has it, or it cannot be written
     */
    static DataHome take(Path directory) {
        Path root = directory.toAbsolutePath().normalize();
        try {
            Files.createDirectories(root);
            Path log = log(root);
            Files.createDirectories(log.getParent());
            if (Files.exists(log) && !Files.isWritable(log)) {
                throw new AccessDeniedException(log.toString());
            }
            FileChannel channel = FileChannel.open(
                    root.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!locked(channel)) {
                String pid = Files.readString(root.resolve(LOCK)).strip();
                throw new Refusal("Millrace already runs on the data directory " + root
                        + (pid.isEmpty() ? "" : " (process " + pid + ")")
                        + ". Stop it with Ctrl-C or kill" + (pid.isEmpty() ? "" : " " + pid)
                        + ", or give this one another directory with --data, and other ports.");
            }
            channel.truncate(0);
            channel.write(StandardCharsets.UTF_8.encode(ProcessHandle.current().pid() + "\n"));
            return new DataHome(root, channel);
        } catch (AccessDeniedException e) {
            throw new Refusal(
                    "This user may not write to the data directory " + root + " (" + e.getFile()
                            + "): let it (chown, chmod u+rwx), or name another with --data.",
                    e);
        } catch (FileAlreadyExistsException e) {
            throw new Refusal(
                    "The data directory " + root + " cannot be made, for " + e.getFile()
                            + " is a file: name another with --data.",
                    e);
        } catch (FileSystemException e) {
            throw new Refusal(
                    "The data directory " + root + " cannot be used"
                            + (e.getReason() == null ? "" : " (" + e.getReason() + ")") + ": name another with --data.",
                    e);
        } catch (IOException e) {
            throw new Refusal(
                    "The data directory " + root + " cannot be used: " + e + ". Name another with --data.", e);
        }
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /**
     * Refuses to clean what is not ours: a directory with something in it that no Millrace has ever used.
     *
     * @throws Refusal when it holds other things
     */
    static void requireCleanable(Path directory) {
        if (!Files.isDirectory(directory) || Files.exists(directory.resolve(LOCK))) {
            return;
        }
        try (Stream<Path> children = Files.list(directory)) {
            if (children.findAny().isPresent()) {
                throw new Refusal("--clean deletes nothing in "
                        + directory.toAbsolutePath().normalize()
                        + ": it holds files and is no Millrace data directory. Name the right one with --data.");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes what this process keeps here; the services' part is the local stack's to clean. */
    void clean() {
        for (Path ours : new Path[] {root.resolve("catalog.secret"), localAccess(root), root.resolve("log")}) {
            delete(ours);
        }
    }

    private static void delete(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot delete " + tree, e);
        }
    }

    /** Returns the secret of the catalog, made on the first call for this directory; nobody else may read it, whatever a copy made of it. */
    String catalogSecret() {
        Path file = root.resolve("catalog.secret");
        try {
            if (!Files.exists(file)) {
                byte[] secret = new byte[32];
                new SecureRandom().nextBytes(secret);
                writeForOwner(file, Base64.getEncoder().encodeToString(secret) + "\n");
            }
            Files.setPosixFilePermissions(file, OWNER_ONLY.value());
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot keep the catalog's secret in " + file, e);
        }
    }

    /** Writes a file that only its owner can read, whole or not at all. */
    static void writeForOwner(Path file, String content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.deleteIfExists(next);
        Files.createFile(next, OWNER_ONLY);
        Files.writeString(next, content);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns the file by which the command line reaches the process that runs on a directory. */
    static Path localAccess(Path directory) {
        return directory.resolve("cli-token");
    }

    /** Returns where the log of a process on this directory goes. */
    static Path log(Path directory) {
        return directory.toAbsolutePath().normalize().resolve("log/millrace.log");
    }

    Path root() {
        return root;
    }

    /** Gives the directory back. The lock file stays: deleting it would let two processes lock two files of one name. */
    @Override
    public void close() {
        try {
            Files.deleteIfExists(localAccess(root));
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot give back the data directory " + root, e);
        }
    }
}
