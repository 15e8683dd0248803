package io.millrace.standalone;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the one process does beyond running the three apps.
 *
 * @param source registered at the start where the catalog has none of its name; null registers nothing
 * @param demo whether the demo shop is made in that source's database, registered, and trades
 */
@ConfigurationProperties("millrace.standalone")
record StandaloneProperties(
        @Nullable SourceProperties source,
        @DefaultValue("false") boolean demo) {

    /**
     * How the source is reached.
     *
     * @param sslMode as pgjdbc spells it
     */
    record SourceProperties(
            @DefaultValue("shop") String name,
            @DefaultValue("localhost") String host,
            @DefaultValue("5432") int port,
            @DefaultValue("shop") String database,
            @DefaultValue("postgres") String username,
            @DefaultValue("") String password,
            @DefaultValue("prefer") String sslMode) {

        /** Leaves the password out. */
        @Override
        public String toString() {
            return name + " (" + username + "@" + host + ":" + port + "/" + database + ")";
        }
    }
}
