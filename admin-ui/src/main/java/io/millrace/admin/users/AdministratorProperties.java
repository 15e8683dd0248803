package io.millrace.admin.users;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of the first administrator.
 *
 * @param password of the user {@code admin}, taken only when there are no users yet; generated and printed once where it is missing
 */
@ConfigurationProperties("millrace.admin")
record AdministratorProperties(@Nullable String password) {

    AdministratorProperties {
        password = password == null || password.isBlank() ? null : password;
    }

    /** Leaves the password out. */
    @Override
    public String toString() {
        return "AdministratorProperties";
    }
}
