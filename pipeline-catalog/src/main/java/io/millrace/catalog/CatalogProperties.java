package io.millrace.catalog;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the catalog.
 *
 * @param secret what the sources' passwords and the masking key are encrypted with; the same for all apps
 */
@ConfigurationProperties("millrace.catalog")
record CatalogProperties(String secret) {

    CatalogProperties {
        if (secret == null || secret.isBlank()) {
            throw new IllegalArgumentException(
                    "millrace.catalog.secret is missing: set it (or MILLRACE_CATALOG_SECRET) to a random text, the same for all apps");
        }
    }
}
