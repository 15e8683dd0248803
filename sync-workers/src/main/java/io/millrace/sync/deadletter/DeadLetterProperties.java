package io.millrace.sync.deadletter;

import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the dead letters.
 *
 * @param replicationFactor of their topics
 */
@Validated
@ConfigurationProperties("millrace.sync.dead-letters")
record DeadLetterProperties(@DefaultValue("1") @Min(1) short replicationFactor) {}
