package io.millrace.capture;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The capture app on its own: {@code cdc-capture.yml} on the class path, {@code millrace.yml} for what you set. */
@SpringBootApplication
public class CaptureApplication {

    /** Starts the app; it runs until it is stopped. */
    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(CaptureApplication.class);
        application.setDefaultProperties(java.util.Map.of("spring.config.name", "cdc-capture,millrace"));
        application.run(arguments);
    }
}
