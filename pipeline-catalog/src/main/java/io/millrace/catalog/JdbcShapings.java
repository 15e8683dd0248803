package io.millrace.catalog;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

final class JdbcShapings implements Shapings {

    /** Of a version: sink, number, JSON or null, who declared it, and the table, whose columns are noted too. */
    static final String KEEP =
            "INSERT INTO millrace.binding_shaping (sink, version, shaping, declared_by, table_id, schema_version)"
                    + " SELECT ?, ?, ?::jsonb, ?, id, schema_version FROM millrace.captured_table WHERE id = ?";

    private static final int KEY_BYTES = 32;

    private final JdbcClient sql;
    private final TransactionTemplate transaction;
    private final SecretCipher cipher;

    JdbcShapings(JdbcTemplate template, TransactionTemplate transaction, SecretCipher cipher) {
        this.sql = JdbcClient.create(template);
        this.transaction = transaction;
        this.cipher = cipher;
    }

    @Override
    public int declare(long tableId, String sink, @Nullable String json, int expectedVersion, String by) {
        return Objects.requireNonNull(transaction.execute(status -> {
            Optional<Integer> version = sql.sql("""
                            UPDATE millrace.sink_binding SET shaping = ?::jsonb, shaping_version = shaping_version + 1
                            WHERE table_id = ? AND sink = ? AND shaping_version = ? RETURNING shaping_version
                            """)
                    .params(Arrays.asList(json, tableId, sink, expectedVersion))
                    .query(Integer.class)
                    .optional();
            version.ifPresent(made -> sql.sql(KEEP)
                    .params(Arrays.asList(sink, made, json, by, tableId))
                    .update());
            return version.orElse(-1);
        }));
    }

    @Override
    public List<Declared> versions(long tableId, String sink) {
        return sql.sql("SELECT * FROM millrace.binding_shaping WHERE table_id = ? AND sink = ? ORDER BY version DESC")
                .params(Arrays.asList(tableId, sink))
                .query((row, number) -> new Declared(
                        row.getInt("version"),
                        row.getString("shaping"),
                        row.getString("declared_by"),
                        row.getTimestamp("declared_at").toInstant()))
                .list();
    }

    @Override
    public List<Column> columnsWhenDeclared(long tableId, String sink, int version) {
        return sql.sql("""
                SELECT s.columns FROM millrace.binding_shaping b
                JOIN millrace.table_schema s ON s.table_id = b.table_id AND s.version = b.schema_version
                WHERE b.table_id = ? AND b.sink = ? AND b.version = ?
                """)
                .params(Arrays.asList(tableId, sink, version))
                .query(String.class)
                .optional()
                .map(JdbcTableSchemas::columns)
                .orElse(List.of());
    }

    @Override
    public MaskingKey maskingKey() {
        byte[] fresh = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(fresh);
        String sealed = cipher.encrypt(Base64.getEncoder().encodeToString(fresh));
        sql.sql("INSERT INTO millrace.masking_key (key_cipher) VALUES (?) ON CONFLICT DO NOTHING")
                .param(sealed)
                .update();
        String kept = sql.sql("SELECT key_cipher FROM millrace.masking_key")
                .query(String.class)
                .single();
        return new MaskingKey(Base64.getDecoder().decode(cipher.decrypt(kept)));
    }
}
