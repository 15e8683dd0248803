/** People, their roles and their API tokens, kept in the platform database. */
@NullMarked
package io.millrace.admin.users;

import org.jspecify.annotations.NullMarked;
