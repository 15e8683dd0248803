package io.millrace.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The settings that exist: Spring's, its libraries' and ours, as the jars describe them to editors. */
final class KnownSettings {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final List<String> DESCRIPTIONS = List.of(
            "META-INF/spring-configuration-metadata.json", "META-INF/additional-spring-configuration-metadata.json");

    private final Set<ConfigurationPropertyName> names = new HashSet<>();
    private final List<ConfigurationPropertyName> open = new ArrayList<>();
    private final Map<ConfigurationPropertyName, String> replaced = new HashMap<>();

    /** Reads what is on the class path. */
    static KnownSettings read() {
        KnownSettings known = new KnownSettings();
        try {
            for (String description : DESCRIPTIONS) {
                var found = KnownSettings.class.getClassLoader().getResources(description);
                while (found.hasMoreElements()) {
                    known.add(found.nextElement());
                }
            }
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read which settings there are", e);
        }
    }

    private void add(URL description) throws IOException {
        try (InputStream in = description.openStream()) {
            for (JsonNode property : JSON.readTree(in).path("properties")) {
                ConfigurationPropertyName name =
                        ConfigurationPropertyName.adapt(property.path("name").asString(""), '.');
                JsonNode deprecation = property.path("deprecation");
                if (deprecation.path("level").asString("").equals("error")) {
                    // known by name only: setting it does nothing
                    replaced.put(name, deprecation.path("replacement").asString(""));
                    continue;
                }
                names.add(name);
                String type = property.path("type").asString("");
                // below these the user makes up names: logging.level.com.example, or elements that are records of their
                // own
                if (type.startsWith("java.util.") || type.endsWith("[]")) {
                    open.add(name);
                }
            }
        }
    }

    boolean has(ConfigurationPropertyName name) {
        return names.contains(name)
                || name.isLastElementIndexed() && has(name.getParent())
                || open.stream().anyMatch(map -> map.isAncestorOf(name));
    }

    /** Returns whether settings have this name as their beginning: {@code millrace.admin:} with nothing below it is no mistake. */
    boolean isGroup(ConfigurationPropertyName name) {
        return names.stream().anyMatch(name::isAncestorOf);
    }

    /** Returns the setting that was probably meant. */
    Optional<String> like(ConfigurationPropertyName name) {
        String successor = replaced.getOrDefault(name, "");
        if (!successor.isEmpty()) {
            return Optional.of(successor);
        }
        String wanted = name.toString();
        int farthest = Math.max(3, wanted.length() / 4);
        return names.stream()
                .map(ConfigurationPropertyName::toString)
                .filter(candidate -> Math.abs(candidate.length() - wanted.length()) <= farthest)
                .filter(candidate -> distance(candidate, wanted) <= farthest)
                .min(Comparator.comparingInt((String candidate) -> distance(candidate, wanted))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Returns how many letters must be changed, added or taken away (Levenshtein). */
    static int distance(String one, String other) {
        int[] row = new int[other.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[other.length()];
    }
}
