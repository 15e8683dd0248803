package io.millrace.standalone;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** The three apps in one Spring context. They share the process and nothing else: they meet in Kafka and in the catalog. */
@SpringBootApplication(
        scanBasePackages = {"io.millrace.capture", "io.millrace.sync", "io.millrace.admin", "io.millrace.standalone"})
@EnableConfigurationProperties(StandaloneProperties.class)
class MillraceApplication {}
