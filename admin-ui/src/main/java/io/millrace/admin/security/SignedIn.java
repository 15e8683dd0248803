package io.millrace.admin.security;

import java.io.Serializable;
import java.security.Principal;

/**
 * Who a session or a request belongs to.
 *
 * @param passwordHash as it was at login, so that a changed password ends sessions
 */
record SignedIn(String name, Role role, String passwordHash) implements Principal, Serializable {

    static SignedIn of(Account account) {
        return new SignedIn(account.name(), account.role(), account.passwordHash());
    }

    boolean stillHolds(Account account) {
        return account.enabled() && equals(of(account));
    }

    @Override
    public String getName() {
        return name;
    }

    @Override
    public String toString() {
        return name;
    }
}
