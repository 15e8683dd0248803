package io.millrace.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.env.PropertiesPropertySourceLoader;
import org.springframework.boot.env.PropertySourceLoader;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.TextResourceOrigin;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/** The files with the user's own settings: found, and read for what Spring would pass over in silence. */
final class UserFiles {

    private static final List<String> NAMES = List.of("millrace.yml", "millrace.yaml", "millrace.properties");

    /** How Spring names what is not a mapping. */
    private static final String TEXT = "document";

    private final List<Path> files;

    private UserFiles(List<Path> files) {
        this.files = files;
    }

    /**
     * Returns the file that was named and those that Spring finds by itself, in the working directory and in Millrace's.
     *
     * @throws Refusal when the one that was named cannot be read
     */
    static UserFiles find(@Nullable Path named) {
        List<Path> files = new ArrayList<>();
        if (named != null) {
            if (Files.isDirectory(named)) {
                throw new Refusal(named.toAbsolutePath() + " is a directory: name the file in it with --config.");
            }
            if (!Files.exists(named)) {
                throw new Refusal("There is no file " + named.toAbsolutePath()
                        + ": correct --config, or begin with a copy of millrace.example.yml.");
            }
            if (!Files.isReadable(named)) {
                throw new Refusal("This user may not read " + named.toAbsolutePath()
                        + ": let it (chmod u+r, chown), or correct --config.");
            }
            files.add(named);
        }
        Path home = Path.of(System.getProperty("millrace.home", ""));
        Stream.of(Path.of(""), Path.of("config"), home)
                .map(Path::toAbsolutePath)
                .distinct()
                .flatMap(directory -> NAMES.stream().map(directory::resolve))
                .filter(Files::isRegularFile)
                .forEach(files::add);
        return new UserFiles(files);
    }

    /** Returns whether there is none: then all that Millrace knows is its defaults and the environment. */
    boolean isEmpty() {
        return files.isEmpty();
    }

    /**
     * Reads every file for mistakes.
     *
     * @return warnings, a sentence each
     * @throws Refusal for a file that is none of YAML or properties, and for a setting of ours that does not exist
     */
    List<String> check() {
        List<String> warnings = new ArrayList<>();
        if (files.isEmpty()) {
            return warnings;
        }
        KnownSettings known = KnownSettings.read();
        for (Path file : files) {
            for (Map.Entry<ConfigurationPropertyName, String> setting : settings(file)) {
                if (!known.has(setting.getKey()) && !known.isGroup(setting.getKey())) {
                    String sentence = unknown(setting.getKey(), setting.getValue(), known);
                    if (meansOurs(setting.getKey())) {
                        throw new Refusal(sentence);
                    }
                    warnings.add(sentence + " It has no effect.");
                }
            }
        }
        return warnings;
    }

    /** Others' unknown settings may be values that the file itself refers to; ours, and what misspells us, cannot. */
    private static boolean meansOurs(ConfigurationPropertyName name) {
        return KnownSettings.distance(name.getElement(0, ConfigurationPropertyName.Form.UNIFORM), "millrace") <= 2;
    }

    private static String unknown(ConfigurationPropertyName name, String where, KnownSettings known) {
        String sentence = where + ": there is no setting " + name + ".";
        return known.like(name)
                .map(like -> sentence + " Did you mean " + like + "?")
                .orElseGet(() -> meansOurs(name)
                        ? sentence
                                + " All of Millrace's begin with millrace. and are in millrace.example.yml, cdc-capture.yml,"
                                + " sync-workers.yml, admin-ui.yml and standalone.yml."
                        : sentence);
    }

    /** Returns the names in a file, each with where it stands. */
    private static List<Map.Entry<ConfigurationPropertyName, String>> settings(Path file) {
        PropertySourceLoader loader = file.toString().endsWith(".properties")
                ? new PropertiesPropertySourceLoader()
                : new YamlPropertySourceLoader();
        List<Map.Entry<ConfigurationPropertyName, String>> settings = new ArrayList<>();
        try {
            for (PropertySource<?> source : loader.load(file.toString(), new FileSystemResource(file))) {
                if (source instanceof EnumerablePropertySource<?> some) {
                    for (String name : some.getPropertyNames()) {
                        if (name.equals(TEXT)) {
                            throw new Refusal(file + " holds no settings, but a text: write name: value, as in"
                                    + " millrace.example.yml.");
                        }
                        settings.add(Map.entry(
                                ConfigurationPropertyName.adapt(name, '.'),
                                file + line(OriginLookup.getOrigin(some, name))));
                    }
                }
            }
            return settings;
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new Refusal(
                    file + ", line " + line + ": this is no YAML: " + e.getProblem()
                            + ". Compare the indentation and the colons with millrace.example.yml.",
                    e);
        } catch (YAMLException | IllegalStateException | IllegalArgumentException e) {
            throw new Refusal(
                    file + " cannot be understood: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
                            + ". Compare it with millrace.example.yml.",
                    e);
        } catch (IOException e) {
            throw new Refusal(file + " cannot be read: " + e + ". Correct --config.", e);
        }
    }

    private static String line(@Nullable Origin origin) {
        return origin instanceof TextResourceOrigin text && text.getLocation() != null
                ? ", line " + (text.getLocation().getLine() + 1)
                : "";
    }
}
