package io.millrace.standalone;

import java.security.SecureRandom;
import java.sql.Timestamp;
import java.time.Instant;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Component;

/** What to tell the person about logging in: a generated password once, in the start that made the administrator. */
@Component
class FirstLogin {

    /** What {@code standalone.yml} falls back to. */
    static final String PROPERTY = "millrace.local.admin-password";
    /** Without the letters and digits that look alike. */
    private static final String ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    private static final String MARK = "generated-";

    private final Instant started = Instant.now();
    private final Environment environment;
    private final JdbcTemplate sql;

    FirstLogin(Environment environment, JdbcTemplate sql) {
        this.environment = environment;
        this.sql = sql;
    }

    /** Returns a password for a property of the least precedence: whatever the user sets wins. */
    static String generatedPassword() {
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder(MARK);
        for (int i = 0; i < 16; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString();
    }

    String sentence() {
        Boolean made = sql.queryForObject(
                "SELECT EXISTS (SELECT FROM millrace.app_user WHERE name = 'admin' AND created_at >= ?)",
                Boolean.class,
                Timestamp.from(started));
        String password = environment.getProperty("millrace.admin.password", "");
        if (!Boolean.TRUE.equals(made)) {
            return "Log in as admin, with the password of the first start.";
        }
        if (password.isBlank()) {
            return "Log in as admin, with the password that is printed above.";
        }
        return password.startsWith(MARK)
                ? "Log in as admin with the password " + password + " (shown only now; change it under People)."
                : "Log in as admin, with the password that was set for the first start.";
    }
}
