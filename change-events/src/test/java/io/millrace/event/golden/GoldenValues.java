package io.millrace.event.golden;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The contract's values: for every type, what PostgreSQL is given and the exact JSON that must come of it. Capture asserts that it
 * writes them, every sink that it takes them.
 *
 * <p>One file per type, {@code <type>.golden}: {@code !} begins a statement that has to be run before, {@code @} a column type (behind
 * {@code :} its base type, where that is hidden in a domain), then pairs of lines, an SQL expression and behind {@code =} its JSON.
 *
 * @param name of the file: {@code pg_type.typname} for a type of the system
 * @param setup statements, in order
 */
public record GoldenValues(String name, List<String> setup, List<Value> values) {

    private static final String SUFFIX = ".golden";

    /**
     * One value.
     *
     * @param type of the column, as SQL
     * @param baseType the type that decides its form, as SQL; {@code type} but for domains
     * @param sql an expression
     * @param json canonical, UTF-8
     */
    public record Value(String type, String baseType, String sql, String json) {

        @Override
        public String toString() {
            return type + " " + (sql.length() > 60 ? sql.substring(0, 60) + "..." : sql);
        }
    }

    /** Returns all files, by name. */
    public static List<GoldenValues> all() {
        try {
            URI here = GoldenValues.class.getResource("text" + SUFFIX).toURI();
            if (here.getScheme().equals("jar")) {
                try (FileSystem jar = FileSystems.newFileSystem(here, Map.of())) {
                    return read(jar.provider().getPath(here).getParent());
                }
            }
            return read(Path.of(here).getParent());
        } catch (URISyntaxException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<GoldenValues> read(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .map(GoldenValues::parse)
                    .toList();
        }
    }

    /** Returns one file. */
    public static GoldenValues of(String name) {
        return all().stream()
                .filter(file -> file.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no " + name + SUFFIX));
    }

    private static GoldenValues parse(Path file) {
        String name = file.getFileName().toString().replace(SUFFIX, "");
        List<String> setup = new ArrayList<>();
        List<Value> values = new ArrayList<>();
        String[] type = {"text", "text"};
        String sql = null;
        try (InputStream in = Files.newInputStream(file)) {
            // not by lines(): values hold other line separators than \n
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (line.startsWith("! ")) {
                    setup.add(line.substring(2));
                } else if (line.startsWith("@ ")) {
                    String[] parts = line.substring(2).split(" : ", 2);
                    type = new String[] {parts[0], parts[parts.length - 1]};
                } else if (line.startsWith("= ") && sql != null) {
                    values.add(new Value(type[0], type[1], sql, line.substring(2)));
                    sql = null;
                } else if (!line.isEmpty()) {
                    if (sql != null) {
                        throw new IllegalStateException(file + ": no JSON behind " + sql);
                    }
                    sql = line;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new GoldenValues(name, List.copyOf(setup), List.copyOf(values));
    }

    @Override
    public String toString() {
        return name;
    }
}
