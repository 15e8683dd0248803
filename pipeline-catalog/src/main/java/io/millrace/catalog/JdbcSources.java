package io.millrace.catalog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The sources; their passwords are encrypted on the way in and decrypted on the way out. */
final class JdbcSources {

    private static final StateUpdate STATE = StateUpdate.of("millrace.source", "name = ?");

    private final JdbcClient sql;
    private final SecretCipher cipher;

    JdbcSources(JdbcClient sql, SecretCipher cipher) {
        this.sql = sql;
        this.cipher = cipher;
    }

    List<Source> all() {
        return sql.sql("SELECT * FROM millrace.source ORDER BY name")
                .query(this::map)
                .list();
    }

    Optional<Source> find(String name) {
        return sql.sql("SELECT * FROM millrace.source WHERE name = ?")
                .param(name)
                .query(this::map)
                .optional();
    }

    void add(Source source, String by) {
        sql.sql("""
                INSERT INTO millrace.source (name, host, port, database_name, username, password_cipher, ssl_mode, slot_name,
                                             publication_name, epoch, created_by)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,
                        greatest(?, (SELECT epoch + 1 FROM millrace.past_epoch WHERE source = ?)), ?)
                """)
                .params(Arrays.asList(
                        source.name(),
                        source.host(),
                        source.port(),
                        source.database(),
                        source.username(),
                        cipher.encrypt(source.password()),
                        source.sslMode(),
                        source.slot(),
                        source.publication(),
                        source.epoch(),
                        source.name(),
                        by))
                .update();
    }

    void updateConnection(Source source) {
        sql.sql("""
                UPDATE millrace.source
                SET host = ?, port = ?, database_name = ?, username = ?, password_cipher = ?, ssl_mode = ?
                WHERE name = ?
                """)
                .params(Arrays.asList(
                        source.host(),
                        source.port(),
                        source.database(),
                        source.username(),
                        cipher.encrypt(source.password()),
                        source.sslMode(),
                        source.name()))
                .update();
    }

    void state(String name, SourceState state, @Nullable String message) {
        STATE.note(sql, state, message, name);
    }

    int beginEpoch(String name) {
        return sql.sql("UPDATE millrace.source SET epoch = epoch + 1 WHERE name = ? RETURNING epoch")
                .param(name)
                .query(Integer.class)
                .single();
    }

    void remove(String name) {
        sql.sql("""
                WITH gone AS (DELETE FROM millrace.source WHERE name = ? RETURNING name, epoch)
                INSERT INTO millrace.past_epoch (source, epoch) SELECT name, epoch FROM gone
                ON CONFLICT (source) DO UPDATE SET epoch = excluded.epoch
                """).param(name).update();
    }

    private Source map(ResultSet row, int number) throws SQLException {
        return new Source(
                row.getString("name"),
                row.getString("host"),
                row.getInt("port"),
                row.getString("database_name"),
                row.getString("username"),
                cipher.decrypt(row.getString("password_cipher")),
                row.getString("ssl_mode"),
                row.getString("slot_name"),
                row.getString("publication_name"),
                row.getInt("epoch"),
                SourceState.valueOf(row.getString("state")),
                row.getString("message"),
                row.getTimestamp("state_since").toInstant());
    }
}
