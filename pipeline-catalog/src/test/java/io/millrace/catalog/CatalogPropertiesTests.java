package io.millrace.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogPropertiesTests {

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  ", "local-only", "change-me-to-a-long-random-text", "short"})
    void aSecretThatIsMissingOrKnownToAllIsRefusedWithTheWayToMakeOne(String secret) {
        assertThatThrownBy(() -> new CatalogProperties(secret))
                .isInstanceOf(StartRefusedException.class)
                .hasMessageStartingWith("millrace.catalog.secret ")
                .hasMessageContaining("MILLRACE_CATALOG_SECRET")
                .hasMessageContaining("openssl rand -base64 32");
    }

    @Test
    void aSecretOfOnesOwnIsTakenAndNotShown() {
        CatalogProperties properties = new CatalogProperties("fYq3z0xkT1s8");
        assertThat(properties.required()).isEqualTo("fYq3z0xkT1s8");
        assertThat(properties.toString()).doesNotContain("fYq3");
    }
}
