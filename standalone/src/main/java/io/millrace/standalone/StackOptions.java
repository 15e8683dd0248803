package io.millrace.standalone;

import io.millrace.localstack.LocalStackOptions;
import io.millrace.localstack.Ports;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the local stack keeps its data and where it listens. */
final class StackOptions {

    @Option(names = "--data", paramLabel = "DIR", description = "where everything is kept (default: .millrace)")
    private Path data = DataHome.usual();

    @Option(names = "--clean", description = "start from nothing: delete what the data directory holds")
    private boolean clean;

    @Option(
            names = {"--postgres-port", "--postgresql-port"},
            paramLabel = "N",
            description = "default: 15432")
    private int postgresqlPort = Ports.DEFAULT.postgresql();

    @Option(names = "--kafka-port", paramLabel = "N", description = "default: 19092")
    private int kafkaPort = Ports.DEFAULT.kafka();

    @Option(names = "--elasticsearch-port", paramLabel = "N", description = "default: 19200")
    private int elasticsearchPort = Ports.DEFAULT.elasticsearch();

    @Option(names = "--redis-port", paramLabel = "N", description = "default: 16379")
    private int redisPort = Ports.DEFAULT.redis();

    Path data() {
        return data;
    }

    boolean clean() {
        return clean;
    }

    LocalStackOptions local() {
        try {
            return LocalStackOptions.in(data)
                    .withPorts(new Ports(postgresqlPort, kafkaPort, elasticsearchPort, redisPort))
                    .withClean(clean)
                    .withStopAtExit(false);
        } catch (IllegalArgumentException e) {
            throw new Refusal(String.valueOf(e.getMessage()), e);
        }
    }
}
