package io.millrace.admin.deadletters;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.LetterCauses;
import io.millrace.catalog.PipelineCatalog;
import io.millrace.catalog.Shapings;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.shaping.Mask;
import io.millrace.catalog.shaping.MaskedEnvelope;
import io.millrace.catalog.shaping.Shaping;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Masks dead letters that were kept before their columns were masked: in the catalog, so that nothing that reads it shows more. Done once
 * for a declaration: what workers keep from then on they keep under it. What is masked stays so.
 */
@Component("adminLetterMasks")
public class LetterMasks {

    private static final Logger log = LoggerFactory.getLogger(LetterMasks.class);
    private static final int AT_A_TIME = 50;

    private final JdbcClient sql;
    private final PipelineCatalog catalog;
    private final Shapings shapings;

    LetterMasks(JdbcTemplate template, PipelineCatalog catalog, Shapings shapings) {
        this.sql = JdbcClient.create(template);
        this.catalog = catalog;
        this.shapings = shapings;
    }

    /** A letter as it is kept. */
    private record Kept(
            long id, @Nullable String payload, @Nullable String masks) {}

    /** Masks what is kept of bindings for whose declaration that was not done yet: it was just made, or whoever made it came no further. */
    public void apply() {
        List<Long> tables = sql.sql(
                        "SELECT DISTINCT table_id FROM millrace.sink_binding WHERE letters_masked < shaping_version")
                .query(Long.class)
                .list();
        for (long id : tables) {
            catalog.table(id).ifPresent(table -> table.sinks().forEach(binding -> apply(table, binding)));
        }
    }

    private void apply(CapturedTable table, SinkBinding binding) {
        String json = binding.shaping();
        if (json != null) {
            apply(table, binding.sink(), Shaping.parse(json));
        }
        sql.sql(
                        "UPDATE millrace.sink_binding SET letters_masked = ? WHERE table_id = ? AND sink = ? AND letters_masked < ?")
                .params(binding.shapingVersion(), table.id(), binding.sink(), binding.shapingVersion())
                .update();
    }

    private void apply(CapturedTable table, String sink, Shaping shaping) {
        if (shaping.masks().isEmpty()) {
            return;
        }
        sql.sql("UPDATE millrace.dead_letter SET cause = ?, said_under = NULL"
                        + " WHERE sink = ? AND topic = ? AND NOT said_under @> ?::jsonb")
                .params(LetterCauses.UNSAID, sink, table.topic(), shaping.masksJson())
                .update();
        int masked = 0;
        long after = 0;
        for (List<Kept> some = next(table, sink, shaping, after);
                !some.isEmpty();
                some = next(table, sink, shaping, after)) {
            int stored = 0;
            for (Kept letter : some) {
                stored += store(letter, table, shaping);
            }
            masked += stored;
            if (stored == some.size()) {
                after = some.get(stored - 1).id();
            }
            // else a worker kept one anew meanwhile: looked at again
        }
        if (masked > 0) {
            log.info("{} dead letters of {} in {} were masked as declared", masked, sink, table.topic());
        }
    }

    private List<Kept> next(CapturedTable table, String sink, Shaping shaping, long after) {
        return sql.sql("SELECT id, payload, masks FROM millrace.dead_letter WHERE sink = ? AND topic = ?"
                        + " AND id > ? AND NOT coalesce(masks, '{}') @> ?::jsonb ORDER BY id LIMIT ?")
                .params(sink, table.topic(), after, shaping.masksJson(), AT_A_TIME)
                .query((row, number) -> new Kept(row.getLong("id"), row.getString("payload"), row.getString("masks")))
                .list();
    }

    /** Returns how many it is: none if a worker changed it meanwhile. */
    private int store(Kept letter, CapturedTable table, Shaping shaping) {
        Map<String, Mask> all = new LinkedHashMap<>();
        if (letter.masks() != null) {
            all.putAll(Shaping.masks(letter.masks()));
        }
        Map<String, Mask> added = new LinkedHashMap<>(shaping.masks());
        added.entrySet().removeIf(one -> one.getValue().equals(all.get(one.getKey())));
        all.putAll(added);
        // NULLs among them: no List.of
        List<@Nullable Object> values = new ArrayList<>();
        values.add(payload(letter, table, only(added)));
        values.add(only(all).masksJson());
        values.add(letter.id());
        values.add(letter.masks());
        return sql.sql("UPDATE millrace.dead_letter SET payload = ?, masks = ?::jsonb"
                        + " WHERE id = ? AND masks IS NOT DISTINCT FROM ?::jsonb")
                .params(values)
                .update();
    }

    private static Shaping only(Map<String, Mask> masks) {
        return new Shaping(null, Map.of(), masks, null, List.of());
    }

    /** Returns null for what is no event, or was cut off: nothing in it can be found to mask. */
    private @Nullable String payload(Kept letter, CapturedTable table, Shaping added) {
        String payload = letter.payload();
        byte[] masked = payload == null
                ? null
                : new MaskedEnvelope(added, table, shapings::maskingKey).of(payload.getBytes(StandardCharsets.UTF_8));
        return masked == null ? null : new String(masked, StandardCharsets.UTF_8);
    }
}
