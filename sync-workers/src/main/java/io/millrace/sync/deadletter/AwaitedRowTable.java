package io.millrace.sync.deadletter;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.jdbc.core.JdbcTemplate;

/** The table {@code awaited_row}. */
final class AwaitedRowTable implements AwaitedRows {

    private static final String OF_PLACE = " WHERE table_id = ? AND sink = ?";

    private static final String LEFT_OUT = """
            INSERT INTO millrace.awaited_row AS a (table_id, sink, key_hash, first_version, last_version)
            SELECT t.id, ?, n.key_hash, n.first_version, n.last_version
            FROM millrace.captured_table t,
                 unnest(?::bigint[], ?::bigint[], ?::bigint[]) AS n (key_hash, first_version, last_version)
            WHERE t.id = ?
            ON CONFLICT (table_id, sink, key_hash) DO UPDATE
            SET first_version = least(a.first_version, excluded.first_version),
                last_version = greatest(a.last_version, excluded.last_version)
            """;

    private static final String CAME = """
            DELETE FROM millrace.awaited_row a USING unnest(?::bigint[], ?::bigint[]) AS n (key_hash, version)
            WHERE a.table_id = ? AND a.sink = ? AND a.key_hash = n.key_hash AND a.last_version <= n.version
            """;

    private static final String BEGIN = """
            INSERT INTO millrace.awaited_row (table_id, sink, key_hash, first_version, last_version)
            SELECT ?, ?, key_hash, first_version, last_version FROM millrace.awaited_row WHERE table_id = ? AND sink = ?
            """;

    private final JdbcTemplate jdbc;

    AwaitedRowTable(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public boolean any(Place place) {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "SELECT EXISTS (SELECT FROM millrace.awaited_row" + OF_PLACE + ")",
                Boolean.class,
                place.tableId(),
                place.sink()));
    }

    @Override
    public Map<Long, Gap> among(Place place, Collection<Long> rows) {
        Map<Long, Gap> found = new HashMap<>();
        jdbc.query(
                "SELECT key_hash, first_version, last_version FROM millrace.awaited_row" + OF_PLACE
                        + " AND key_hash = ANY (?)",
                row -> {
                    found.put(row.getLong(1), new Gap(row.getLong(2), row.getLong(3)));
                },
                place.tableId(),
                place.sink(),
                rows.toArray(Long[]::new));
        return found;
    }

    @Override
    public void leftOut(Place place, Map<Long, Gap> rows) {
        // sorted, so that two who note the same rows cannot wait for each other
        Map<Long, Gap> sorted = new TreeMap<>(rows);
        jdbc.update(
                LEFT_OUT,
                place.sink(),
                sorted.keySet().toArray(Long[]::new),
                sorted.values().stream().map(Gap::first).toArray(Long[]::new),
                sorted.values().stream().map(Gap::last).toArray(Long[]::new),
                place.tableId());
    }

    @Override
    public void came(Place place, Map<Long, Long> versions) {
        jdbc.update(
                CAME,
                versions.keySet().toArray(Long[]::new),
                versions.values().toArray(Long[]::new),
                place.tableId(),
                place.sink());
    }

    @Override
    public void emptied(Place place, long version) {
        jdbc.update(
                "DELETE FROM millrace.awaited_row" + OF_PLACE + " AND last_version <= ?",
                place.tableId(),
                place.sink(),
                version);
    }

    @Override
    public void begin(Place place, Place like) {
        begin(place);
        jdbc.update(BEGIN, place.tableId(), place.sink(), like.tableId(), like.sink());
    }

    @Override
    public void begin(Place place) {
        jdbc.update("DELETE FROM millrace.awaited_row" + OF_PLACE, place.tableId(), place.sink());
    }
}
