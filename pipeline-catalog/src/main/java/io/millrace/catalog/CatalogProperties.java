package io.millrace.catalog;

import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the catalog.
 *
 * @param secret what the sources' passwords and the masking key are encrypted with; the same for all apps. There is no default: one that everybody knows
 *     would encrypt nothing
 */
@ConfigurationProperties("millrace.catalog")
record CatalogProperties(@Nullable String secret) {

    private static final int SHORTEST = 12;
    /** What stood in files that people copy. */
    private static final Set<String> KNOWN_TO_ALL = Set.of("local-only", "change-me-to-a-long-random-text");

    /** @throws StartRefusedException for a secret that is missing, or that anyone could guess */
    CatalogProperties {
        if (secret == null || secret.isBlank()) {
            throw refused("millrace.catalog.secret is missing: the passwords of sources are encrypted with it.");
        }
        if (KNOWN_TO_ALL.contains(secret)) {
            throw refused("millrace.catalog.secret is the example's, which everybody knows.");
        }
        if (secret.length() < SHORTEST) {
            throw refused("millrace.catalog.secret has fewer than " + SHORTEST + " characters.");
        }
    }

    /** Returns the secret, which the constructor has seen to be there. */
    String required() {
        return Objects.requireNonNull(secret);
    }

    private static StartRefusedException refused(String problem) {
        return new StartRefusedException(
                problem,
                "Set MILLRACE_CATALOG_SECRET in the environment, or millrace.catalog.secret in millrace.yml, to a long random text"
                        + " (openssl rand -base64 32 makes one): the same for all apps, and not to be lost. ./millrace up makes and"
                        + " keeps one by itself, in catalog.secret in its data directory.",
                null);
    }

    /** Leaves the secret out. */
    @Override
    public String toString() {
        return "CatalogProperties";
    }
}
