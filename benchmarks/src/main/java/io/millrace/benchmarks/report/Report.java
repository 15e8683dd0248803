package io.millrace.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Prints figures as a table and keeps them in {@code benchmarks/results/NAME.json}. */
public final class Report {

    private Report() {}

    /** Returns the exit code: 1 where a goal was missed. */
    @SuppressWarnings("SystemOut")
    public static int write(String name, int runs, List<Figure> figures) throws IOException {
        System.out.printf(
                Locale.ROOT, "%n%-48s %10s %10s %10s%n", name + ", " + runs + " runs", "median", "min", "max");
        figures.forEach(figure -> System.out.println(figure.row()));
        Path file = Path.of(System.getProperty("millrace.home", ""), "benchmarks/results", name + ".json");
        Files.createDirectories(file.toAbsolutePath().getParent());
        JsonMapper json =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        List<Map<String, Object>> rows = new ArrayList<>();
        for (Figure figure : figures) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("name", figure.name());
            row.put("unit", figure.unit());
            row.put("median", rounded(figure.median()));
            row.put("min", rounded(figure.min()));
            row.put("max", rounded(figure.max()));
            if (figure.goal() != null) {
                row.put("goal", figure.goal());
                row.put("holds", figure.holds());
            }
            rows.add(row);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("machine", machine());
        report.put("runs", runs);
        report.put("figures", rows);
        Files.writeString(file, json.writeValueAsString(report) + "\n");
        System.out.println("\nWritten to " + file.normalize());
        return figures.stream().allMatch(Figure::holds) ? 0 : 1;
    }

    private static double rounded(double value) {
        return Math.rint(value * 100) / 100;
    }

    static String machine() throws IOException {
        String processor = firstValue(Path.of("/proc/cpuinfo"), "model name");
        String memory = firstValue(Path.of("/proc/meminfo"), "MemTotal").replaceAll("[^0-9]", "");
        long gigabytes = memory.isEmpty() ? 0 : Math.round(Long.parseLong(memory) / 1048576.0);
        return Runtime.getRuntime().availableProcessors() + " cores (" + processor + "), " + gigabytes + " GB, "
                + System.getProperty("os.name") + " " + System.getProperty("os.version") + ", Java "
                + Runtime.version().feature()
                + ", heap 512 MB; PostgreSQL (with fsync), Kafka, Elasticsearch, Redis and the measuring process on the same machine";
    }

    private static String firstValue(Path file, String key) throws IOException {
        if (!Files.isReadable(file)) {
            return "";
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }
}
