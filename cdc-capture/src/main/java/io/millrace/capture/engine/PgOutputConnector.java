package io.millrace.capture.engine;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** Debezium's connector with our own task. Public because Debezium makes it by name. */
public final class PgOutputConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return PgOutputConnectorTask.class;
    }
}
