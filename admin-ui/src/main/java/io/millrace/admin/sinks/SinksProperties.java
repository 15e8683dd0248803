package io.millrace.admin.sinks;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of what tables can go to.
 *
 * @param names the sinks that are offered first, in this order, also before a worker has run; others follow as workers publish them
 */
@ConfigurationProperties("millrace.admin.sinks")
record SinksProperties(List<String> names) {

    SinksProperties {
        if (names == null || names.isEmpty()) {
            throw new IllegalArgumentException(
                    "millrace.admin.sinks.names is empty: list the sinks that the workers run,"
                            + " for example elasticsearch, redis, audit");
        }
        names = List.copyOf(names);
    }
}
