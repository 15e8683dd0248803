package io.millrace.admin.users;

import io.millrace.admin.security.Account;
import io.millrace.admin.security.Accounts;
import io.millrace.admin.security.Role;
import io.millrace.admin.web.Problem;
import io.millrace.catalog.PipelineCatalog;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.stereotype.Component;

/** People in the platform database. */
@Component
class Users implements Accounts {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._@-]{1,64}");
    private static final int SHORTEST_PASSWORD = 8;
    private static final int LONGEST_PASSWORD_BYTES = 72;

    private final JdbcClient sql;
    private final PasswordEncoder passwords;
    private final Tokens tokens;

    /** @param migrated there so that the tables are before they are asked for */
    Users(JdbcTemplate template, PasswordEncoder passwords, Tokens tokens, PipelineCatalog migrated) {
        this.sql = JdbcClient.create(template);
        this.passwords = passwords;
        this.tokens = tokens;
    }

    List<User> all() {
        return sql.sql("SELECT * FROM millrace.app_user ORDER BY name")
                .query(Users::user)
                .list();
    }

    Optional<User> user(String name) {
        return sql.sql("SELECT * FROM millrace.app_user WHERE name = ?")
                .param(name)
                .query(Users::user)
                .optional();
    }

    @Override
    public Optional<Account> account(String name) {
        return sql.sql("SELECT * FROM millrace.app_user WHERE name = ?")
                .param(name)
                .query(Users::account)
                .optional();
    }

    @Override
    public Optional<Account> accountOfToken(String token) {
        return tokens.owner(token).flatMap(this::account);
    }

    /**
     * Adds a person where there are none at all; returns whether it did. Several processes may try at once.
     *
     * @throws Problem when the password is too short or too long
     */
    boolean addFirst(String name, String password, Role role) {
        if (!all().isEmpty()) {
            return false;
        }
        check(password);
        return sql.sql("""
                INSERT INTO millrace.app_user (name, password_hash, role)
                SELECT ?, ?, ? WHERE NOT EXISTS (SELECT FROM millrace.app_user)
                ON CONFLICT DO NOTHING
                """).params(name, hash(password), role.name()).update() == 1;
    }

    User add(String name, String password, Role role) {
        if (!NAME.matcher(name).matches()) {
            throw new Problem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "The name cannot be used",
                    "A name has 1 to 64 letters, digits, dots, underscores, hyphens or @ signs.");
        }
        check(password);
        try {
            return sql.sql("INSERT INTO millrace.app_user (name, password_hash, role) VALUES (?, ?, ?) RETURNING *")
                    .params(name, hash(password), role.name())
                    .query(Users::user)
                    .single();
        } catch (DuplicateKeyException e) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "The name is taken",
                    "There is a user " + name + " already; choose another name.");
        }
    }

    void password(String name, String password) {
        check(password);
        changed(
                name,
                sql.sql("UPDATE millrace.app_user SET password_hash = ? WHERE name = ?")
                        .params(hash(password), name)
                        .update());
    }

    void role(String name, Role role) {
        if (role != Role.ADMIN) {
            keepAnAdministrator(name);
        }
        changed(
                name,
                sql.sql("UPDATE millrace.app_user SET role = ? WHERE name = ?")
                        .params(role.name(), name)
                        .update());
    }

    void enabled(String name, boolean enabled) {
        if (!enabled) {
            keepAnAdministrator(name);
        }
        changed(
                name,
                sql.sql("UPDATE millrace.app_user SET enabled = ? WHERE name = ?")
                        .params(enabled, name)
                        .update());
    }

    private void keepAnAdministrator(String name) {
        boolean last = all().stream()
                .noneMatch(user -> user.enabled()
                        && user.role() == Role.ADMIN
                        && !user.name().equals(name));
        if (last) {
            throw new Problem(
                    HttpStatus.CONFLICT,
                    "The last administrator stays",
                    name + " is the only administrator who can log in; make another one first.");
        }
    }

    private static void changed(String name, int rows) {
        if (rows == 0) {
            throw Problem.notFound("User", "There is no user " + name + ".");
        }
    }

    private static void check(String password) {
        if (password.length() < SHORTEST_PASSWORD
                || password.getBytes(StandardCharsets.UTF_8).length > LONGEST_PASSWORD_BYTES) {
            throw new Problem(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "The password cannot be used",
                    "A password has at least " + SHORTEST_PASSWORD + " characters and at most " + LONGEST_PASSWORD_BYTES
                            + " bytes.");
        }
    }

    private String hash(String password) {
        return String.valueOf(passwords.encode(password));
    }

    private static User user(ResultSet row, int number) throws SQLException {
        return new User(
                row.getString("name"),
                Role.valueOf(row.getString("role")),
                row.getBoolean("enabled"),
                row.getTimestamp("created_at").toInstant());
    }

    private static Account account(ResultSet row, int number) throws SQLException {
        return new Account(
                row.getString("name"),
                row.getString("password_hash"),
                Role.valueOf(row.getString("role")),
                row.getBoolean("enabled"));
    }
}
