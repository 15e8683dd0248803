package io.millrace.admin.users;

import io.millrace.admin.web.Problem;
import io.millrace.catalog.PipelineCatalog;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** API tokens in the platform database: 256 random bits each, of which only the SHA-256 is kept. */
@Component
class Tokens {

    private static final String PREFIX = "mlr_";

    private final JdbcClient sql;
    private final SecureRandom random = new SecureRandom();

    /** @param migrated there so that the tables are before they are asked for */
    Tokens(JdbcTemplate template, PipelineCatalog migrated) {
        this.sql = JdbcClient.create(template);
    }

    /** A new token; its secret is known here and never again. */
    record Issued(Token token, String secret) {}

    List<Token> all() {
        return sql.sql("SELECT * FROM millrace.api_token ORDER BY user_name, id")
                .query(Tokens::token)
                .list();
    }

    Issued issue(String user, String label) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Token token = sql.sql(
                        "INSERT INTO millrace.api_token (user_name, label, token_hash) VALUES (?, ?, ?) RETURNING *")
                .params(user, label, hash(secret))
                .query(Tokens::token)
                .single();
        return new Issued(token, secret);
    }

    void revoke(long id) {
        if (sql.sql("DELETE FROM millrace.api_token WHERE id = ?").param(id).update() == 0) {
            throw Problem.notFound("Token", "There is no token " + id + ".");
        }
    }

    /** Returns whose token this is; notes its use, at most once a minute. */
    Optional<String> owner(String secret) {
        byte[] hash = hash(secret);
        Optional<String> owner = sql.sql("SELECT user_name FROM millrace.api_token WHERE token_hash = ?")
                .param(hash)
                .query(String.class)
                .optional();
        owner.ifPresent(name -> sql.sql("""
                UPDATE millrace.api_token SET last_used_at = now()
                WHERE token_hash = ? AND coalesce(last_used_at < now() - interval '1 minute', true)
                """).param(hash).update());
        return owner;
    }

    private static byte[] hash(String secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }

    private static Token token(ResultSet row, int number) throws SQLException {
        Timestamp used = row.getTimestamp("last_used_at");
        return new Token(
                row.getLong("id"),
                row.getString("user_name"),
                row.getString("label"),
                row.getTimestamp("created_at").toInstant(),
                used == null ? null : used.toInstant());
    }
}
