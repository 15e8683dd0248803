package io.millrace.admin.web;

import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;

/**
 * Who looks at a page.
 *
 * @param name the user's name
 * @param role ADMIN, OPERATOR or AUDITOR
 */
public record Viewer(String name, String role) {

    static @Nullable Viewer of(@Nullable Principal principal) {
        if (!(principal instanceof Authentication authentication)) {
            return null;
        }
        return authentication.getAuthorities().stream()
                .map(GrantedAuthority::getAuthority)
                .filter(authority -> authority != null && authority.startsWith("ROLE_"))
                .findFirst()
                .map(authority -> new Viewer(authentication.getName(), authority.substring("ROLE_".length())))
                .orElse(null);
    }

    /** Returns whether they may register, pause, resume and remove tables, and take snapshots. */
    public boolean operates() {
        return administers() || role.equals("OPERATOR");
    }

    /** Returns whether they may change sources, users and tokens. */
    public boolean administers() {
        return role.equals("ADMIN");
    }

    /** Returns the role as pages write it. */
    public String roleWord() {
        return switch (role) {
            case "ADMIN" -> "Administrator";
            case "OPERATOR" -> "Operator";
            default -> "Auditor";
        };
    }
}
