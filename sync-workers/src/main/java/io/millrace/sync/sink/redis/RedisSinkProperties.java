package io.millrace.sync.sink.redis;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the Redis sink; where Redis is, is {@code spring.data.redis}.
 *
 * @param tombstoneTtl how long the version of a deleted row is remembered: longer than the retention of the topics. A rewind to older
 *     changes is refused, since it would bring the row back for a while. Raised, it holds for rows that are deleted from then on
 * @param keysPerCall rows per script call
 * @param guardInterval how often it is looked whether Redis lost entries
 * @param commandTimeout after which Redis counts as not answering
 */
@Validated
@ConfigurationProperties("millrace.sinks.redis")
record RedisSinkProperties(
        @DefaultValue("8d") @DurationMin(hours = 1) Duration tombstoneTtl,
        @DefaultValue("256") @Min(1) @Max(1000) int keysPerCall,
        @DefaultValue("1s") Duration guardInterval,
        @DefaultValue("10s") Duration commandTimeout) {}
