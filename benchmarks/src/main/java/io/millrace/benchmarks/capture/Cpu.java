package io.millrace.benchmarks.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** CPU time that processes have used, as Linux counts it: in steps of 10 ms. */
final class Cpu {

    /** A tick of {@code /proc/PID/stat}: USER_HZ is 100 on every Linux that programs see. */
    private static final double TICK_MICROS = 10_000;

    private static final Path PROC = Path.of("/proc");

    // places behind the name in parentheses, see proc_pid_stat(5)
    private static final int PARENT = 1;
    private static final int USER = 11;
    private static final int SYSTEM = 12;
    private static final int CHILDREN_USER = 13;
    private static final int CHILDREN_SYSTEM = 14;

    private Cpu() {}

    /** Returns the microseconds of one process with all its threads; 0 where it has ended. */
    static double of(long pid) throws IOException {
        List<String> stat = stat(PROC.resolve(Long.toString(pid)));
        return stat.isEmpty() ? 0 : sum(stat, USER, SYSTEM);
    }

    /** Returns the microseconds of a process and its children, those that have ended too. */
    static double ofFamily(long pid) throws IOException {
        List<String> parent = stat(PROC.resolve(Long.toString(pid)));
        double sum = parent.isEmpty() ? 0 : sum(parent, USER, SYSTEM, CHILDREN_USER, CHILDREN_SYSTEM);
        for (Path process : list(PROC)) {
            if (Character.isDigit(process.getFileName().toString().charAt(0))) {
                List<String> stat = stat(process);
                if (!stat.isEmpty() && stat.get(PARENT).equals(Long.toString(pid))) {
                    sum += sum(stat, USER, SYSTEM);
                }
            }
        }
        return sum;
    }

    /** Returns the microseconds of a living process by the names of its threads, numbers in them left out. */
    static Map<String, Double> ofThreads(long pid) throws IOException {
        Map<String, Double> threads = new TreeMap<>();
        for (Path task : list(PROC.resolve(pid + "/task"))) {
            List<String> stat = stat(task);
            if (!stat.isEmpty()) {
                String name = Files.readString(task.resolve("comm")).strip().replaceAll("[#-]?\\d+", "");
                threads.merge(name, sum(stat, USER, SYSTEM), Double::sum);
            }
        }
        return threads;
    }

    static long parent(long pid) throws IOException {
        List<String> stat = stat(PROC.resolve(Long.toString(pid)));
        return stat.isEmpty() ? 0 : Long.parseLong(stat.get(PARENT));
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    private static List<String> stat(Path directory) {
        try {
            String line = Files.readString(directory.resolve("stat"));
            return new ArrayList<>(
                    List.of(line.substring(line.lastIndexOf(')') + 2).split(" ", -1)));
        } catch (IOException e) {
            // it has ended since it was listed
            return List.of();
        }
    }

    private static double sum(List<String> stat, int... places) {
        double ticks = 0;
        for (int place : places) {
            ticks += Double.parseDouble(stat.get(place));
        }
        return ticks * TICK_MICROS;
    }
}
