package io.millrace.admin.barrier;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the barrier.
 *
 * @param defaultTimeout how long a caller that does not say waits at most
 * @param longestTimeout how long anybody may
 */
@ConfigurationProperties("millrace.admin.barrier")
record BarrierProperties(Duration defaultTimeout, Duration longestTimeout) {}
