package io.millrace.sync;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Applies captured changes to Elasticsearch, Redis and the change history. */
@SpringBootApplication
public class SyncWorkersApplication {

    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(SyncWorkersApplication.class);
        // millrace.yml is the user's own file, beside the process or on its class path
        application.setDefaultProperties(Map.of("spring.config.name", "sync-workers,millrace"));
        application.run(arguments);
    }
}
