package io.millrace.admin.security;

/**
 * A person who may log in.
 *
 * @param passwordHash bcrypt
 */
public record Account(String name, String passwordHash, Role role, boolean enabled) {

    /** Leaves the hash out. */
    @Override
    public String toString() {
        return name + " (" + role + (enabled ? ")" : ", disabled)");
    }
}
