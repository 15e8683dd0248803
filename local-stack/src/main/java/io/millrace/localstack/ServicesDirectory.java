package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.CodeSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the build of this module copied the services: {@code target/services} with {@code kafka/*.jar} and one archive for each of
 * the others. What is unpacked lies beside its archive, is used by every stack and is never changed.
 *
 * @param root the directory
 */
record ServicesDirectory(Path root) {

    /** The system property that names the directory. */
    static final String PROPERTY = "millrace.services.dir";

    /** Takes the given directory, or the system property's, or looks beside this module's classes and above the working directory. */
    static ServicesDirectory find(@Nullable Path given) {
        String property = System.getProperty(PROPERTY);
        List<Path> candidates = given != null
                ? List.of(given)
                : property != null
                        ? List.of(Path.of(property))
                        : Stream.concat(besideTheClasses(), aboveTheWorkingDirectory())
                                .toList();
        return candidates.stream()
                .map(path -> path.toAbsolutePath().normalize())
                .filter(path -> Files.isDirectory(path.resolve("kafka")))
                .findFirst()
                .map(ServicesDirectory::new)
                .orElseThrow(() -> new LocalStackException("The services are not in " + candidates
                        + ": build them with \"mvn -pl local-stack generate-resources\", or name their directory with -D"
                        + PROPERTY + "=..."));
    }

    private static Stream<Path> besideTheClasses() {
        try {
            CodeSource source = ServicesDirectory.class.getProtectionDomain().getCodeSource();
            Path parent = source == null
                    ? null
                    : Path.of(source.getLocation().toURI()).getParent();
            return parent == null
                    ? Stream.empty()
                    : Stream.of(parent.resolve("services"), parent.resolve("../services"));
        } catch (URISyntaxException | IllegalArgumentException | FileSystemNotFoundException e) {
            // classes inside a jar inside a jar have no place on the disk
            return Stream.empty();
        }
    }

    private static Stream<Path> aboveTheWorkingDirectory() {
        return Stream.iterate(Path.of("").toAbsolutePath(), path -> path != null, Path::getParent)
                .map(path -> path.resolve("local-stack/target/services"));
    }

    String kafkaClassPath() {
        try {
            return only(root.resolve("kafka"), "kafka_.*\\.jar")
                    .resolveSibling("*")
                    .toString();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot look for Kafka in " + root, e);
        }
    }

    /** @param version a major one that the build copied for tests, or empty for the stack's */
    Path postgresql(String version, Consumer<String> progress) {
        return version.isEmpty()
                ? unpacked("postgresql", progress, Archive::untarXz)
                : new ServicesDirectory(root.resolve("versions"))
                        .unpacked("postgresql-" + version, progress, Archive::untarXz);
    }

    Path elasticsearch(Consumer<String> progress) {
        Path unpacked = unpacked("elasticsearch", progress, (zip, into) -> Archive.unzip(zip, name -> true, into));
        return unpacked.resolve(unpacked.getFileName());
    }

    Path redis(Consumer<String> progress) {
        String architecture = System.getProperty("os.arch", "").equals("aarch64") ? "arm64" : "amd64";
        Path unpacked = unpacked("redis", progress, (jar, into) -> {
            Archive.unzip(jar, name -> name.matches("redis-server-.*-linux-" + architecture), into);
            try (Stream<Path> binaries = Files.list(into)) {
                for (Path binary : binaries.toList()) {
                    Files.move(binary, into.resolve("redis-server"));
                    Archive.makeExecutable(into.resolve("redis-server"));
                }
            }
        });
        return unpacked.resolve("redis-server");
    }

    /** Unpacks aside and renames, so that what is there is whole, even when two stacks start at once. */
    private Path unpacked(String name, Consumer<String> progress, Unpacking unpacking) {
        try {
            Path archive = archive(name);
            String fileName = String.valueOf(archive.getFileName());
            Path target = root.resolve(fileName.substring(0, fileName.lastIndexOf('.')));
            if (!Files.isDirectory(target)) {
                progress.accept("unpacking " + fileName);
                Path aside = Files.createTempDirectory(root, name + "-unpacking-");
                Files.setPosixFilePermissions(aside, PosixFilePermissions.fromString("rwxr-xr-x"));
                unpacking.unpack(archive, aside);
                try {
                    Files.move(aside, target);
                } catch (IOException e) {
                    Trees.delete(aside);
                    if (!Files.isDirectory(target)) {
                        throw e;
                    }
                }
            }
            return target;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot unpack " + name + " in " + root, e);
        }
    }

    /** Two versions lie there after an upgrade without a clean build: which one would run is then left to chance. */
    private Path archive(String name) throws IOException {
        return only(root, name + "[-.][0-9.]+\\.(jar|zip)");
    }

    private static Path only(Path directory, String name) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> fitting = files.filter(
                            file -> String.valueOf(file.getFileName()).matches(name))
                    .toList();
            if (fitting.size() != 1) {
                throw new LocalStackException(
                        "One file should be named " + name + " in " + directory + ", but there are " + fitting.size()
                                + ": build anew with \"mvn -pl local-stack clean generate-resources\"");
            }
            return fitting.get(0);
        }
    }

    @FunctionalInterface
    private interface Unpacking {
        void unpack(Path archive, Path into) throws IOException;
    }
}
