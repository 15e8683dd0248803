package io.millrace.sync.deduplication;

import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of what guards effects that are not idempotent.
 *
 * @param retention how long an event is remembered; longer than the retention of the topics
 */
@Validated
@ConfigurationProperties("millrace.sync.deduplication")
record DeduplicationProperties(
        @DefaultValue("8d") @DurationMin(hours = 1) Duration retention) {}
