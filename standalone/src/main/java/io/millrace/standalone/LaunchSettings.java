package io.millrace.standalone;

import io.millrace.localstack.LocalStack;
import io.millrace.localstack.Ports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.config.ConfigDataEnvironmentPostProcessor;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.core.env.StandardEnvironment;

/** What one start tells Spring on top of the configuration files, as arguments: they win over every file and the environment. */
final class LaunchSettings {

    private final List<String> arguments = new ArrayList<>();

    private LaunchSettings() {}

    /** Returns the settings that follow from the command line alone. */
    static LaunchSettings of(Launch.Wishes wishes) {
        LaunchSettings settings = new LaunchSettings();
        settings.set("spring.config.name", "cdc-capture,sync-workers,admin-ui,standalone,millrace");
        settings.set(
                "spring.config.additional-location",
                "optional:file:"
                        + Path.of(System.getProperty("millrace.home", "")).toAbsolutePath() + "/"
                        + (wishes.config() == null ? "" : ",file:" + location(wishes.config())));
        settings.setIfGiven("server.port", wishes.port());
        settings.setIfGiven("management.server.port", wishes.managementPort());
        return settings;
    }

    /** Spring goes by a file's ending; a name that has none of its endings is read as YAML, which the hint in brackets says. */
    private static String location(Path file) {
        String path = file.toAbsolutePath().toString();
        return path.matches(".*\\.(yml|yaml|properties)") ? path : path + "[.yml]";
    }

    /** Returns what Spring will find: the command line, the environment and all files. */
    Environment environment() {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(new SimpleCommandLinePropertySource(arguments()));
        ConfigDataEnvironmentPostProcessor.applyTo(environment);
        return environment;
    }

    /** Points everything at the local stack, the demo's database as the source. */
    void useLocalStack(Ports ports, boolean demo) {
        set("spring.datasource.url", "jdbc:postgresql://localhost:" + ports.postgresql() + "/millrace");
        set("spring.datasource.username", LocalStack.POSTGRES_USER);
        set("spring.datasource.password", LocalStack.POSTGRES_PASSWORD);
        set("spring.kafka.bootstrap-servers", "localhost:" + ports.kafka());
        set("millrace.sinks.elasticsearch.uris", "http://localhost:" + ports.elasticsearch());
        set("spring.data.redis.host", "localhost");
        set("spring.data.redis.port", String.valueOf(ports.redis()));
        set("millrace.standalone.source.name", "shop");
        set("millrace.standalone.source.port", String.valueOf(ports.postgresql()));
        set("millrace.standalone.source.database", "shop");
        set("millrace.standalone.source.username", LocalStack.POSTGRES_USER);
        set("millrace.standalone.source.password", LocalStack.POSTGRES_PASSWORD);
        set("millrace.standalone.demo", String.valueOf(demo));
    }

    private void setIfGiven(String property, @Nullable Integer value) {
        if (value != null) {
            set(property, value.toString());
        }
    }

    private void set(String property, String value) {
        arguments.add("--" + property + "=" + value);
    }

    String[] arguments() {
        return arguments.toArray(String[]::new);
    }
}
