package io.millrace.catalog.options;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.BindingState;
import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.SinkBinding;
import io.millrace.catalog.TableState;
import io.millrace.catalog.shaping.Shaping;
import io.millrace.event.RowKey;
import io.millrace.event.TableId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsCheckTests {

    private static final CapturedTable LINES = table(1, "lines", "{}", "order_id", "code");
    private static final CapturedTable ORDERS = table(2, "orders", "{\"key\":\"o:{id}\"}", "id");

    private static CapturedTable table(long id, String name, String options, String... key) {
        return new CapturedTable(
                id,
                "shop",
                new TableId("public", name),
                "shop.public." + name,
                List.of(key),
                List.of(
                        new Column("id", "bigint", "int8", 20, false),
                        new Column("amount", "numeric(10,2)", "numeric", 1700, true),
                        new Column("at", "timestamp with time zone", "timestamptz", 1184, true)),
                1,
                ReplicaIdentity.FULL,
                TableState.STREAMING,
                null,
                Instant.EPOCH,
                "test",
                Instant.EPOCH,
                List.of(
                        new SinkBinding(id, "redis", BindingState.ACTIVE, null, Instant.EPOCH, options),
                        new SinkBinding(id, "elasticsearch", BindingState.ACTIVE, null, Instant.EPOCH, options)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{order_id}:{code}          | must begin with text",
                "l:{order_id}               | Rows would share keys",
                "l:{order_id}{code}         | Between two values",
                "l:{order_id},{code}        | Between two values",
                "l:{order_id}-{code}        | Between two values",
                "l:{key}{code}              | Between two values",
                "l:{order_id}:{nothing}     | is no key column",
                "l:{{order_id}}:{code}      | A brace stands alone",
                "o:{order_id}:{code}        | choose a beginning that neither shares",
                "millrace:{key}             | Millrace's own"
            })
    void keyByWhichRowsCouldBeMixedUpIsRefused(String key, String said) {
        assertThat(OptionsCheck.check(LINES, "redis", "{\"key\":\"" + key + "\"}", List.of(LINES, ORDERS)))
                .hasEntrySatisfying("key", problem -> assertThat(problem).contains(said));
    }

    @ParameterizedTest
    @CsvSource({"shop:{id}, false", "shop:public.l{id}, false", "shop:public.lines2:{id}, true", "s:{id}, true"})
    void usualKeyIsRefusedWhereAnotherTablesKeysBeginLikeIt(String theirs, boolean taken) {
        CapturedTable other = table(3, "other", "{\"key\":\"" + theirs + "\"}", "id");
        assertThat(OptionsCheck.check(LINES, "redis", "{}", List.of(LINES, other))
                        .isEmpty())
                .isEqualTo(taken);
        assertThat(OptionsCheck.check(LINES, "redis", "{\"key\":\"\"}", List.of(LINES, other))
                        .isEmpty())
                .isEqualTo(taken);
    }

    @ParameterizedTest
    @CsvSource({
        "'l:{order_id}:{code}'",
        "'{table}/{code}/of/{order_id}'",
        "'l:{key}'",
        "'{source}:{schema}.{table}:{key}'"
    })
    void keyThatTellsAllRowsApartIsTaken(String key) {
        assertThat(OptionsCheck.check(LINES, "redis", "{\"key\":\"" + key + "\"}", List.of(LINES, ORDERS)))
                .isEmpty();
    }

    @Test
    void keyIsMadeOfEncodedValuesAndItsPrefixBeginsAllKeysOfTheTable() {
        KeyTemplate key = KeyTemplate.of("l:{table}/{code}/{order_id}");
        assertThat(key.key("shop", LINES.table(), LINES.keyColumns(), new RowKey("{\"order_id\":7,\"code\":\"a/b\"}")))
                .isEqualTo("l:lines/a%2Fb/7");
        assertThat(key.prefix("shop", LINES.table())).isEqualTo("l:lines/");
        assertThat(KeyTemplate.of(KeyTemplate.DEFAULT)
                        .key("shop", LINES.table(), LINES.keyColumns(), new RowKey("{\"order_id\":7,\"code\":\"a\"}")))
                .isEqualTo("shop:public.lines:7,a");
    }

    @ParameterizedTest
    @CsvSource({
        "'l:{order_id}:{code}', 'l:7:a%2Fb%7B', 'l:7:x:y'",
        "'{table}/{code}/of/{order_id}', 'lines/a%2Fb%7B/of/7', 'lines/a/b/of/7'",
        "'l:{key}', 'l:7,a%2Fb%7B', 'l:7/a'",
        "'{source}:{schema}.{table}:{key}', 'shop:public.lines:7,a%2Fb%7B', 'shop:public.others:7,a'"
    })
    void keyLeadsBackToTheRowAndOneThatNoRowHasDoesNot(String template, String key, String other) {
        RowKey row = new RowKey("{\"order_id\":7,\"code\":\"a/b{\"}");
        KeyTemplate made = KeyTemplate.of(template);
        assertThat(made.key("shop", LINES.table(), LINES.keyColumns(), row)).isEqualTo(key);
        assertThat(made.encoded("shop", LINES.table(), LINES.keyColumns(), key)).hasValue(row.encoded());
        assertThat(made.encoded("shop", LINES.table(), LINES.keyColumns(), other))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"30s, PT30S", "12h, PT12H", "7 d, P7D", "0s, ", "soon, ", "1w, "})
    void timeToLiveIsANumberAndAUnit(String text, String duration) {
        String options = "{\"timeToLive\":\"" + text + "\"}";
        assertThat(OptionsCheck.check(ORDERS, "redis", options, List.of()).isEmpty())
                .isEqualTo(duration != null);
        assertThat(RedisOptions.of(table(3, "t", options, "id")).timeToLive())
                .isEqualTo(duration == null ? null : Duration.parse(duration));
    }

    @Test
    void fieldsAreCheckedByTheirColumnsTypes() {
        assertThat(OptionsCheck.check(
                        ORDERS,
                        "elasticsearch",
                        "{\"mapping\":{\"amount\":\"double\",\"at\":\"integer\",\"gone\":\"text\"},\"others\":1}",
                        List.of()))
                .containsOnlyKeys("mapping.at", "mapping.gone")
                .hasEntrySatisfying(
                        "mapping.at", problem -> assertThat(problem).contains("date, date_nanos, keyword, unindexed"));
    }

    @Test
    void whatIsNoObjectIsRefused() {
        assertThat(OptionsCheck.check(ORDERS, "redis", "[]", List.of())).containsOnlyKeys("options");
        assertThat(OptionsCheck.check(ORDERS, "redis", "{", List.of())).containsOnlyKeys("options");
        assertThat(OptionsCheck.check(ORDERS, "audit", "{\"key\":\"x\"}", List.of()))
                .isEmpty();
    }

    @Test
    void optionsMeanColumnsByTheirNamesAtTheSourceWhateverTheSinkCallsThem() {
        String shaping =
                new Shaping(null, Map.of("amount", "total", "id", "order"), Map.of(), null, List.of()).toJson();
        String options = "{\"mapping\":{\"amount\":\"double\"},\"key\":\"o:{id}\"}";
        CapturedTable plain = table(4, "renamed", options, "id");
        List<SinkBinding> shaped = plain.sinks().stream()
                .map(binding -> new SinkBinding(
                        binding.tableId(),
                        binding.sink(),
                        binding.state(),
                        null,
                        Instant.EPOCH,
                        binding.options(),
                        shaping,
                        1))
                .toList();
        // as a sink gets it
        CapturedTable table = new CapturedTable(
                plain.id(),
                plain.source(),
                plain.table(),
                plain.topic(),
                List.of("order"),
                plain.columns(),
                1,
                plain.replicaIdentity(),
                plain.state(),
                null,
                Instant.EPOCH,
                "test",
                Instant.EPOCH,
                shaped);
        assertThat(ElasticsearchOptions.of(table).mapping()).isEqualTo(Map.of("total", "double"));
        assertThat(RedisOptions.of(table)
                        .key()
                        .key("shop", table.table(), RedisOptions.keyColumns(table), new RowKey("{\"id\":7}")))
                .isEqualTo("o:7");
    }

    @Test
    void whatARefillIsToldComesBack() {
        for (RedisRefill refill : List.of(new RedisRefill(List.of()), new RedisRefill(List.of("o:\"x\":", "p:")))) {
            assertThat(RedisRefill.of(refill.toJson())).isEqualTo(refill);
        }
    }
}
