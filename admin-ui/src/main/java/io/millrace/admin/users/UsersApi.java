package io.millrace.admin.users;

import io.millrace.admin.security.Role;
import io.millrace.admin.web.Api;
import io.millrace.admin.web.Items;
import io.millrace.admin.web.Problem;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import java.security.Principal;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;

/** {@code /users} and {@code /tokens}, for administrators. */
@Api
@RequestMapping("/api/v1")
class UsersApi {

    private final Users users;
    private final Tokens tokens;

    UsersApi(Users users, Tokens tokens) {
        this.users = users;
        this.tokens = tokens;
    }

    record NewUser(
            @NotBlank String name,
            @NotBlank String password,
            @NotNull Role role) {}

    /** What to change of a user; members that are missing stay as they are. */
    record UserChange(
            @Nullable Role role,
            @Nullable Boolean enabled,
            @Nullable String password) {}

    /** The user is the caller where it is missing. */
    record NewToken(@Nullable String user, @NotBlank String label) {}

    record IssuedToken(long id, String user, String label, String token) {}

    @GetMapping("/users")
    Items<User> users() {
        return Items.all(users.all());
    }

    @PostMapping("/users")
    @ResponseStatus(HttpStatus.CREATED)
    User add(@Valid @RequestBody NewUser wanted) {
        return users.add(wanted.name(), wanted.password(), wanted.role());
    }

    @PatchMapping("/users/{name}")
    User change(@PathVariable String name, @RequestBody UserChange change) {
        if (change.role() != null) {
            users.role(name, change.role());
        }
        if (change.enabled() != null) {
            users.enabled(name, change.enabled());
        }
        if (change.password() != null) {
            users.password(name, change.password());
        }
        return users.user(name).orElseThrow(() -> Problem.notFound("User", "There is no user " + name + "."));
    }

    @GetMapping("/tokens")
    Items<Token> tokens() {
        return Items.all(tokens.all());
    }

    @PostMapping("/tokens")
    @ResponseStatus(HttpStatus.CREATED)
    IssuedToken issue(@Valid @RequestBody NewToken wanted, Principal caller) {
        String user = wanted.user() == null ? caller.getName() : wanted.user();
        if (users.user(user).isEmpty()) {
            throw Problem.notFound("User", "There is no user " + user + ".");
        }
        Tokens.Issued issued = tokens.issue(user, wanted.label());
        return new IssuedToken(issued.token().id(), user, wanted.label(), issued.secret());
    }

    @DeleteMapping("/tokens/{id}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void revoke(@PathVariable long id) {
        tokens.revoke(id);
    }
}
