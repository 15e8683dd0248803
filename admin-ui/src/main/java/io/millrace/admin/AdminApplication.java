package io.millrace.admin;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;

/** The console as a process of its own. Reads {@code admin-ui.yml}, then the user's {@code millrace.yml}. */
@SpringBootApplication
@ConfigurationPropertiesScan
public class AdminApplication {

    public static void main(String[] arguments) {
        // a property, not a default: the name has to be known before the environment is prepared
        if (System.getProperty("spring.config.name") == null) {
            System.setProperty("spring.config.name", "admin-ui,millrace");
        }
        SpringApplication.run(AdminApplication.class, arguments);
    }
}
