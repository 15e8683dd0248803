package io.millrace.catalog.rebuild;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Between rebuilds and their rows. */
final class RebuildRows {

    static final String SELECT =
            "SELECT *, extract(epoch FROM keep_for)::bigint AS keep_seconds FROM millrace.sink_rebuild ";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final TypeReference<Map<Integer, Long>> OFFSETS = new TypeReference<>() {};

    private RebuildRows() {}

    static String json(Object value) {
        return JSON.writeValueAsString(value);
    }

    static Rebuild rebuild(ResultSet row, int number) throws SQLException {
        String wish = row.getString("wish");
        String feed = row.getString("feed");
        String comparison = row.getString("comparison");
        return new Rebuild(
                row.getLong("id"),
                row.getLong("table_id"),
                row.getString("sink"),
                RebuildKind.valueOf(row.getString("kind")),
                RebuildState.valueOf(row.getString("state")),
                row.getTimestamp("state_since").toInstant(),
                wish == null ? null : RebuildWish.valueOf(wish),
                row.getString("reason"),
                row.getString("place"),
                feed == null ? null : RebuildFeed.valueOf(feed),
                (Long) row.getObject("snapshot_id"),
                JSON.readValue(row.getString("fed_from"), OFFSETS),
                JSON.readValue(row.getString("fed_next"), OFFSETS),
                JSON.readValue(row.getString("fed_until"), OFFSETS),
                row.getBoolean("asked"),
                row.getLong("refused"),
                comparison == null ? null : JSON.readValue(comparison, Comparison.class),
                row.getBoolean("compared_back"),
                row.getString("message"),
                Duration.ofSeconds(row.getLong("keep_seconds")),
                instant(row, "keep_until"),
                row.getString("requested_by"),
                row.getTimestamp("requested_at").toInstant(),
                instant(row, "finished_at"));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        Timestamp value = row.getTimestamp(column);
        return value == null ? null : value.toInstant();
    }
}
