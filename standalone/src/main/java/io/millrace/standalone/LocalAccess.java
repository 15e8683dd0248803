package io.millrace.standalone;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.Properties;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * The way in for commands of whoever may read the data directory: an API token of the user {@code local-cli}, valid until the next
 * start.
 *
 * @param url of the running process
 * @param token what the API takes as bearer token
 */
record LocalAccess(String url, String token) {

    private static final String USER = "local-cli";

    /** Issues a token in place of the last one and writes it to the data directory. */
    static LocalAccess issue(JdbcTemplate sql, Path directory, String url) throws IOException {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        String token = "mlr_" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        // No password's hash is "!": this user cannot log in with one
        sql.update(
                "INSERT INTO millrace.app_user (name, password_hash, role) VALUES (?, '!', 'OPERATOR') ON CONFLICT DO NOTHING",
                USER);
        sql.update("DELETE FROM millrace.api_token WHERE user_name = ?", USER);
        sql.update(
                "INSERT INTO millrace.api_token (user_name, label, token_hash) VALUES (?, ?, ?)",
                USER,
                "Commands on this machine",
                sha256(token));
        DataHome.writeForOwner(DataHome.localAccess(directory), "url=" + url + "\ntoken=" + token + "\n");
        return new LocalAccess(url, token);
    }

    /** Returns the way in to the process that runs on this directory; empty where none does. */
    static Optional<LocalAccess> read(Path directory) throws IOException {
        Path file = DataHome.localAccess(directory);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        properties.load(new StringReader(Files.readString(file)));
        return Optional.of(new LocalAccess(properties.getProperty("url", ""), properties.getProperty("token", "")));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    /** Leaves the token out. */
    @Override
    public String toString() {
        return url;
    }
}
