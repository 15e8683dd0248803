package io.millrace.localstack;

/** The services of the local stack. */
public enum Service {
    POSTGRESQL("PostgreSQL", "postgres"),
    KAFKA("Kafka", "kafka"),
    ELASTICSEARCH("Elasticsearch", "elasticsearch"),
    REDIS("Redis", "redis");

    private final String displayName;
    private final String key;

    Service(String displayName, String key) {
        this.displayName = displayName;
        this.key = key;
    }

    /** The name as its makers write it. */
    public String displayName() {
        return displayName;
    }

    /** The name in options, in files and in directories: lower case, no spaces. */
    public String key() {
        return key;
    }

    /** The command-line option that moves this service to another port. */
    public String portOption() {
        return "--" + key + "-port";
    }

    /** PostgreSQL takes SIGTERM as a wish to wait until every client has left (its documentation, "Shutting Down the Server"). */
    String stopSignal() {
        return this == POSTGRESQL ? "INT" : "TERM";
    }
}
