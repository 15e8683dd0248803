package io.millrace.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.TableId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

@ExtendWith(PipelineExtension.class)
class ChangesIT {

    private final Pipeline pipeline;

    ChangesIT(Pipeline pipeline) {
        this.pipeline = pipeline;
    }

    @Test
    void everyKindOfChangeReachesEverySink() {
        pipeline.sql(
                "CREATE TABLE kinds (a int, b text, v numeric(20,6), PRIMARY KEY (a, b))",
                "INSERT INTO kinds SELECT g, 'x,' || g, g * 1.5 FROM generate_series(1, 50) g");
        pipeline.awaitState(pipeline.register("kinds"), "STREAMING");
        pipeline.assertInStep("kinds");

        pipeline.sql("INSERT INTO kinds VALUES (100, 'new', 1)");
        pipeline.sql("UPDATE kinds SET v = NULL WHERE a < 10");
        pipeline.sql("UPDATE kinds SET a = a + 1000 WHERE a BETWEEN 10 AND 19");
        pipeline.sql("DELETE FROM kinds WHERE a BETWEEN 20 AND 29");
        pipeline.sql("BEGIN; DELETE FROM kinds WHERE a = 30; INSERT INTO kinds VALUES (30, 'x,30', 7);"
                + " UPDATE kinds SET v = 8 WHERE a = 30; UPDATE kinds SET v = 9 WHERE a = 30; COMMIT");

        pipeline.assertInStep("kinds");
    }

    @Test
    void truncateEmptiesTheSinksAndStaysInTheHistory() {
        pipeline.sql("CREATE TABLE emptied (id int PRIMARY KEY)", "INSERT INTO emptied SELECT generate_series(1, 100)");
        pipeline.awaitState(pipeline.register("emptied"), "STREAMING");
        pipeline.sql("TRUNCATE emptied");
        pipeline.assertInStep("emptied");
        pipeline.sql(
                "BEGIN; INSERT INTO emptied VALUES (1); TRUNCATE emptied; INSERT INTO emptied VALUES (2), (3); COMMIT");

        pipeline.assertInStep("emptied");
        assertThat(pipeline.history.events("shop", new TableId("public", "emptied"), "truncate"))
                .isEqualTo(2);
    }

    @Test
    void awkwardTypesComeBackAsPostgresWroteThem() {
        pipeline.sql("CREATE TYPE mood AS ENUM ('so so', 'fine')", """
                CREATE TABLE awkward (id uuid PRIMARY KEY, mood mood, doc jsonb, tags text[], amount numeric(20,6), at timestamptz,
                    raw bytea, big text, f float8, i8 bigint, d date, t time, tz timetz, iv interval, ip inet, bits bit(5), r int4range,
                    matrix int[][], ts timestamp, b boolean, c char(5), m money)
                """, """
                INSERT INTO awkward VALUES
                  ('00000000-0000-0000-0000-000000000001', 'so so', '{"a": [1, "x"]}', '{a,NULL,"b\\"c,d"}', 12345678901234.123456,
                   '2026-02-03 04:05:06.789+03', '\\x00ff10', repeat('long text ', 10000), 'NaN', 9223372036854775807, 'infinity',
                   '24:00:00', '10:00:00+05:45', '1 year -2 days 03:00', '::1', '10101', '[1,5)', '{{1,2},{NULL,4}}',
                   '0044-03-15 BC', true, 'ab', 12.5),
                  ('00000000-0000-0000-0000-000000000002', NULL, 'null', '{}', 'NaN', '-infinity', '', '', '-Infinity',
                   -9223372036854775808, '0001-01-01', '00:00', NULL, '-1 mon', '10.0.0.0/8', NULL, 'empty', NULL, 'infinity', false,
                   '', -1),
                  ('00000000-0000-0000-0000-000000000003', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
                """);
        pipeline.awaitState(pipeline.register("awkward"), "STREAMING");
        pipeline.assertInStep("awkward");

        // the large text is not sent again: nothing may be overwritten with its absence
        pipeline.sql("UPDATE awkward SET b = NOT b, f = 0.1 + 0.2, i8 = 9007199254740993");
        pipeline.sql(
                "INSERT INTO awkward SELECT '00000000-0000-0000-0000-000000000004', mood, doc, tags, amount, at, raw, big, f, i8, d, t,"
                        + " tz, iv, ip, bits, r, matrix, ts, b, c, m FROM awkward WHERE mood IS NOT NULL");
        pipeline.assertInStep("awkward");
    }

    @Test
    void columnsMayBeCalledWhatSinksReadAsSomethingElse() {
        pipeline.sql("""
                CREATE TABLE called (id int PRIMARY KEY, v text, "v.v" text, ".x" text, "a..b" text, " " text, "_id" text, "%2E" text,
                    "na,me" text, doc jsonb)
                """, "INSERT INTO called VALUES (1, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '{\"x.y\": 1}')");
        pipeline.awaitState(pipeline.register("called"), "STREAMING");
        pipeline.assertInStep("called");

        // the large text is not sent again, and columns come to what is held
        pipeline.sql(
                "UPDATE called SET \"v.v\" = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 1000) g)",
                "ALTER TABLE called ADD \"v.v.v\" text",
                "UPDATE called SET \".x\" = 'x', \"v.v.v\" = 'w'",
                "INSERT INTO called VALUES (2, NULL, NULL, '', '', '', '', '', '', NULL, 'new')");
        pipeline.assertInStep("called");
    }

    @Test
    void theHistoryOfARowTellsItsLife() {
        pipeline.sql(
                "CREATE TABLE lives (id int PRIMARY KEY, state text, n int)",
                "ALTER TABLE lives REPLICA IDENTITY FULL");
        pipeline.awaitState(pipeline.register("lives"), "STREAMING");
        pipeline.sql("INSERT INTO lives VALUES (42, 'born', 1)");
        pipeline.sql("BEGIN; SELECT pg_logical_emit_message(true, 'millrace.actor', '{\"user\":\"anna\"}');"
                + " UPDATE lives SET state = 'grown' WHERE id = 42; COMMIT");
        pipeline.sql("DELETE FROM lives WHERE id = 42");
        pipeline.barrier();

        JsonNode items = pipeline.api
                .get("history?source=shop&schema=public&table=lives&key=42&limit=10")
                .path("items");

        assertThat(items.valueStream()
                        .map(item -> item.path("operation").asString())
                        .sorted())
                .containsExactly("create", "delete", "update");
        JsonNode update = items.valueStream()
                .filter(item -> item.path("operation").asString().equals("update"))
                .findFirst()
                .orElseThrow();
        assertThat(update.path("before").path("state").asString()).isEqualTo("born");
        assertThat(update.path("after").path("state").asString()).isEqualTo("grown");
        assertThat(update.path("changedColumns").toString()).isEqualTo("[\"state\"]");
        assertThat(update.path("actor").path("user").asString()).isEqualTo("anna");
    }
}
