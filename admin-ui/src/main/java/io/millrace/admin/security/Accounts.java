package io.millrace.admin.security;

import java.util.Optional;

/** Where accounts come from. Thread-safe. */
public interface Accounts {

    /** Returns the account of this name, disabled or not. */
    Optional<Account> account(String name);

    /** Returns the account that owns an API token, and notes that the token was used. */
    Optional<Account> accountOfToken(String token);
}
