package io.millrace.catalog.shaping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.ReplicaIdentity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShapingCheckTests {

    private static List<String> said(Shaping shaping, ShapedFor sink) {
        return ShapingCheck.of(shaping, ShapingFixture.TABLE, sink).stream()
                .map(finding -> finding.at() + ": " + finding.problem())
                .toList();
    }

    @Test
    void keyStaysAddressable() {
        assertThat(said(
                        ShapingFixture.shaping(
                                List.of("email"), Map.of("id", "person"), Map.of("id", Mask.of(Mask.Kind.HASH))),
                        ShapedFor.STATES))
                .containsExactly(
                        "only: id is part of the key and is always sent: add it. It can be renamed.",
                        "masks.id: id is part of the key: the row's address in the sink holds its value, so that a mask would hide"
                                + " nothing.");
        assertThat(said(ShapingFixture.shaping(null, Map.of("id", "person"), Map.of()), ShapedFor.STATES))
                .isEmpty();
    }

    @Test
    void namesMustBeTheOnlyOnesOfTheirKind() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("email", "score");
        names.put("seen", "_id");
        names.put("nothing", "x");
        Shaping shaping =
                new Shaping(null, names, Map.of(), null, List.of(new Computed("big", "1"), new Computed("", "1")));
        assertThat(said(shaping, ShapedFor.STATES))
                .containsExactly(
                        "names.seen: '_id' is no name for a field: a letter, then up to 62 letters, digits, _ or -.",
                        "names.nothing: public.people has no column nothing.",
                        "names.email: The name of score is taken by email.",
                        "computed.0.name: The name big is taken.",
                        "computed.1.name: '' is no name for a field: a letter, then up to 62 letters, digits, _ or -.");
    }

    @Test
    void columnThatCameLaterAndWouldBeCalledLikeAnotherFieldStopsTheBinding() {
        Shaping renamed = ShapingFixture.shaping(null, Map.of("email", "mail"), Map.of());
        assertThatThrownBy(() -> Shaper.of(renamed, with("mail"), () -> ShapingFixture.KEY))
                .isInstanceOf(ShapingException.class)
                .hasMessage("email and mail of public.people would both be called mail in the sink. Change the shaping,"
                        + " then resume.");
        Shaping computed = new Shaping(null, Map.of(), Map.of(), null, List.of(new Computed("twice", "big * 2")));
        assertThatThrownBy(() -> Shaper.of(computed, with("twice"), () -> ShapingFixture.KEY))
                .isInstanceOf(ShapingException.class)
                .hasMessage(
                        "The column twice of public.people and the computed field twice would both be called twice in"
                                + " the sink. Change the shaping, then resume.");
        Shaping chosen = ShapingFixture.shaping(List.of("id", "email"), Map.of("email", "mail"), Map.of());
        assertThat(Shaper.of(chosen, with("mail"), () -> ShapingFixture.KEY)
                        .table()
                        .columns())
                .extracting(Column::name)
                .containsExactly("id", "mail");
    }

    @Test
    void columnThatTheTableHasNoLongerGivesWayToTheFieldThatHasItsName() {
        Shaping renamed =
                new Shaping(null, Map.of("email", "mail"), Map.of(), null, List.of(new Computed("twice", "big * 2")));
        assertThat(ShapingFixture.sent(
                        renamed, "{\"id\":1,\"email\":\"x\",\"mail\":\"former\",\"big\":2,\"twice\":0,\"gone\":3}"))
                .isEqualTo("{\"id\":1,\"mail\":\"x\",\"big\":2,\"gone\":3,\"twice\":4}");
    }

    private static CapturedTable with(String column) {
        List<Column> columns = new ArrayList<>(ShapingFixture.COLUMNS);
        columns.add(new Column(column, "text", "text", 25, true));
        return ShapingFixture.table(ReplicaIdentity.FULL, columns);
    }

    @Test
    void masksNeedWhatTheirKindNeeds() {
        Map<String, Mask> masks = new LinkedHashMap<>();
        masks.put("email", new Mask(Mask.Kind.CONSTANT, null, null, null));
        masks.put("score", new Mask(Mask.Kind.HASH, "x", 1, null));
        masks.put("weight", Mask.partial(0, 0));
        masks.put("data", Mask.partial(1, 0));
        masks.put("nothing", Mask.of(Mask.Kind.NULL));
        assertThat(ShapingCheck.of(
                        ShapingFixture.shaping(null, Map.of(), masks), ShapingFixture.TABLE, ShapedFor.STATES))
                .extracting(ShapingFinding::at)
                .containsExactly(
                        "masks.email", "masks.score", "masks.score", "masks.weight", "masks.data", "masks.nothing");
    }

    @Test
    void historyTakesMasksAndAChoiceOfColumnsOnly() {
        Shaping all = new Shaping(
                List.of("id", "email"),
                Map.of("email", "mail"),
                Map.of("email", Mask.of(Mask.Kind.HASH)),
                "big > 5",
                List.of(new Computed("x", "1")));
        assertThat(said(all, ShapedFor.HISTORY))
                .containsExactly(
                        "names.email: The history keeps columns under their own names.",
                        "filter: The history keeps every change: it takes no filter.",
                        "computed.0.name: The history keeps what the source has: it takes no computed fields.");
        assertThat(said(ShapingFixture.shaping(List.of("id", "email"), Map.of(), all.masks()), ShapedFor.HISTORY))
                .isEmpty();
    }

    private static List<String> warnings(Shaping shaping, String sink) {
        return ShapingCheck.of(
                        shaping,
                        ShapingFixture.table(ReplicaIdentity.DEFAULT, ShapingFixture.COLUMNS),
                        ShapedFor.of(sink))
                .stream()
                .filter(finding -> !finding.isError())
                .map(finding -> finding.at() + ": " + finding.problem())
                .toList();
    }

    @Test
    void whatBecomesOfLargeValuesThatAreNotSentIsToldBySink() {
        Shaping shaping = new Shaping(
                null,
                Map.of(),
                Map.of(),
                "id > 5",
                List.of(new Computed("x", "id > 5 && email != null && email != ''")));
        String full = " ALTER TABLE \"public\".\"people\" REPLICA IDENTITY FULL avoids it.";
        for (String sink : List.of("elasticsearch", "redis")) {
            assertThat(warnings(shaping, sink))
                    .containsExactly(
                            "filter: A row that comes to pass the filter by a change that leaves a large value as it was is read"
                                    + " again from the table, and comes a moment later: PostgreSQL does not send such values."
                                    + full,
                            "computed.0.expression: Where the field hangs on other columns too, the row is read again after a"
                                    + " change that leaves a large value of email as it was, and comes a moment later."
                                    + full);
        }
        for (String sink : List.of("webhook", "webhook-billing")) {
            assertThat(warnings(shaping, sink))
                    .containsExactly(
                            "filter: A row that comes to pass the filter by a change that leaves a large value as it was is a dead"
                                    + " letter until the table's rows are read again: PostgreSQL does not send such values."
                                    + full,
                            "computed.0.expression: Where the field hangs on other columns too, a change that leaves a large value"
                                    + " of email as it was is a dead letter." + full);
        }
    }

    @Test
    void misspeltMemberIsRefusedByAnyReader() {
        var lenient = tools.jackson.databind.json.JsonMapper.builder()
                .disable(tools.jackson.databind.DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
        String right = "{\"masks\":{\"email\":{\"kind\":\"PARTIAL\",\"last\":2}}}";
        assertThat(lenient.readValue(right, Shaping.class))
                .isEqualTo(ShapingFixture.shaping(
                        null, Map.of(), Map.of("email", new Mask(Mask.Kind.PARTIAL, null, null, 2))));
        for (String wrong :
                List.of(right.replace("masks", "mask"), right.replace("last", "lst"), "{\"Filter\":\"true\"}")) {
            assertThatThrownBy(() -> lenient.readValue(wrong, Shaping.class))
                    .hasMessageContaining("Unrecognized property");
        }
    }

    @Test
    void declarationSurvivesStoring() {
        Shaping shaping = new Shaping(
                List.of("id", "email"),
                Map.of("id", "person"),
                Map.of("email", Mask.partial(1, 2), "data", Mask.constant(7)),
                "big > 5",
                List.of(new Computed("x", "big + 1")));
        assertThat(Shaping.parse(shaping.toJson())).isEqualTo(shaping);
        assertThat(Shaping.parse("{}")).isEqualTo(Shaping.NONE);
        assertThatThrownBy(() -> Shaping.parse("{\"unmask\":true}")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Shaping.parse("{\"masks\":{\"email\":null}}"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
