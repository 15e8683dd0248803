package io.millrace.catalog.rebuild;

import java.util.Arrays;
import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Markers in the platform database. */
public final class JdbcStoreMarkers implements StoreMarkers {

    private final JdbcClient sql;

    /** Works on a migrated database. */
    public JdbcStoreMarkers(JdbcTemplate template) {
        this.sql = JdbcClient.create(template);
    }

    @Override
    public List<StoreMarker> of(String sink) {
        return sql.sql("SELECT * FROM millrace.sink_marker WHERE sink = ? ORDER BY place")
                .param(sink)
                .query((row, number) -> new StoreMarker(
                        row.getString("sink"),
                        row.getString("place"),
                        row.getString("marker"),
                        row.getString("run"),
                        row.getLong("evicted")))
                .list();
    }

    @Override
    public void put(StoreMarker marker) {
        sql.sql("""
                INSERT INTO millrace.sink_marker (sink, place, marker, run, evicted) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (sink, place) DO UPDATE
                SET marker = excluded.marker, run = excluded.run, evicted = excluded.evicted, written_at = now()
                """)
                .params(Arrays.asList(marker.sink(), marker.place(), marker.marker(), marker.run(), marker.evicted()))
                .update();
    }
}
