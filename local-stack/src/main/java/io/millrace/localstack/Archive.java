package io.millrace.localstack;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** Unpacks what the build copied: zip, jar, and a tar.xz inside a jar. */
final class Archive {

    private static final int OWNER_EXECUTES = 0100;

    private Archive() {}

    /** Unpacks the entries of a zip whose names fit; files in a bin directory become executable, since zips lose it. */
    static void unzip(Path zip, Predicate<String> names, Path into) throws IOException {
        try (ZipInputStream in = new ZipInputStream(new BufferedInputStream(Files.newInputStream(zip)))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (names.test(entry.getName())) {
                    Path target = inside(into, entry.getName());
                    if (entry.isDirectory()) {
                        Files.createDirectories(target);
                    } else {
                        write(in, target, entry.getName().contains("/bin/"));
                    }
                }
            }
        }
    }

    /** Unpacks the one .txz that a jar holds. */
    static void untarXz(Path jar, Path into) throws IOException {
        try (ZipInputStream in = new ZipInputStream(new BufferedInputStream(Files.newInputStream(jar)))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getName().endsWith(".txz")) {
                    untar(new TarArchiveInputStream(new XZInputStream(in)), into);
                    return;
                }
            }
        }
        throw new LocalStackException(jar + " holds no .txz: build the module local-stack again");
    }

    private static void untar(TarArchiveInputStream tar, Path into) throws IOException {
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path target = inside(into, entry.getName());
            if (entry.isDirectory()) {
                Files.createDirectories(target);
            } else if (entry.isSymbolicLink()) {
                Files.createDirectories(parent(target));
                Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            } else if (entry.isLink()) {
                Files.createLink(target, inside(into, entry.getLinkName()));
            } else {
                write(tar, target, (entry.getMode() & OWNER_EXECUTES) != 0);
            }
        }
    }

    private static void write(InputStream in, Path target, boolean executable) throws IOException {
        Files.createDirectories(parent(target));
        Files.copy(in, target, StandardCopyOption.REPLACE_EXISTING);
        if (executable) {
            makeExecutable(target);
        }
    }

    static void makeExecutable(Path file) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.copyOf(Files.getPosixFilePermissions(file));
        permissions.add(PosixFilePermission.OWNER_EXECUTE);
        permissions.add(PosixFilePermission.GROUP_EXECUTE);
        permissions.add(PosixFilePermission.OTHERS_EXECUTE);
        Files.setPosixFilePermissions(file, permissions);
    }

    private static Path inside(Path into, String name) {
        Path target = into.resolve(name).normalize();
        if (!target.startsWith(into)) {
            throw new UncheckedIOException(new IOException(name + " in an archive points outside of " + into));
        }
        return target;
    }

    private static Path parent(Path path) {
        Path parent = path.getParent();
        return parent == null ? path : parent;
    }
}
