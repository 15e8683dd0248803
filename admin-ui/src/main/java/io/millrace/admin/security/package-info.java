/** Who may do what: filter chains and roles. Knows no storage: users come in through {@link io.millrace.admin.security.Accounts}. */
@NullMarked
package io.millrace.admin.security;

import org.jspecify.annotations.NullMarked;
