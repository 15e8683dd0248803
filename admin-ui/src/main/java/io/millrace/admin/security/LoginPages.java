package io.millrace.admin.security;

import io.millrace.admin.web.Page;
import org.springframework.web.bind.annotation.GetMapping;

/** The login form. */
@Page
class LoginPages {

    @GetMapping("/login")
    String login() {
        return "login";
    }
}
