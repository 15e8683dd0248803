package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The file that says which processes a service consists of, its first process first. It is the only truth about them: so the JVM
 * that started them, another one that attached to the stack, and the next run after a kill all do the same.
 */
record ProcessRecord(Path file) {

    /** Replaces what is recorded. */
    void write(List<ProcessIdentity> processes) {
        String text = bootId() + "\n"
                + String.join(
                        "\n",
                        processes.stream()
                                .map(process -> process.pid() + " " + process.startTicks())
                                .toList())
                + "\n";
        try {
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, text);
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot record the processes of a service in " + file, e);
        }
    }

    /** What was recorded since the machine's last boot, whether it still lives or not. */
    List<ProcessIdentity> read() {
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            if (lines.isEmpty() || !lines.get(0).equals(bootId())) {
                return List.of();
            }
            return lines.stream()
                    .skip(1)
                    .filter(line -> line.matches("\\d{1,10} \\d{1,18}"))
                    .map(line -> line.split(" ", -1))
                    .map(parts -> new ProcessIdentity(Long.parseLong(parts[0]), Long.parseLong(parts[1])))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read the processes of a service from " + file, e);
        }
    }

    /** The recorded processes that live, and all that descend from them. */
    List<ProcessIdentity> living() {
        return read().stream()
                .filter(ProcessIdentity::isAlive)
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
                .distinct()
                .toList();
    }

    private static String bootId() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot tell one boot of this machine from another", e);
        }
    }
}
