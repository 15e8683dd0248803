package io.millrace.admin.users;

import io.millrace.admin.security.Role;
import java.time.Instant;

/** A person, without the password's hash. */
record User(String name, Role role, boolean enabled, Instant createdAt) {}
