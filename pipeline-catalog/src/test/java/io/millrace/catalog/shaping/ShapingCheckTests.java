package io.millrace.catalog.shaping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.catalog.ReplicaIdentity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShapingCheckTests {

    private static List<String> said(Shaping shaping, boolean history) {
        return ShapingCheck.of(shaping, ShapingFixture.TABLE, history).stream()
                .map(finding -> finding.at() + ": " + finding.problem())
                .toList();
    }

    @Test
    void keyStaysAddressable() {
        assertThat(said(
                        ShapingFixture.shaping(
                                List.of("email"), Map.of("id", "person"), Map.of("id", Mask.of(Mask.Kind.HASH))),
                        false))
                .containsExactly(
                        "only: id is part of the key and is always sent: add it. It can be renamed.",
                        "masks.id: id is part of the key: the row's address in the sink holds its value, so that a mask would hide"
                                + " nothing.");
        assertThat(said(ShapingFixture.shaping(null, Map.of("id", "person"), Map.of()), false))
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
        assertThat(said(shaping, false))
                .containsExactly(
                        "names.seen: '_id' is no name for a field: a letter, then up to 62 letters, digits, _ or -.",
                        "names.nothing: public.people has no column nothing.",
                        "names.email: The name of score is taken by email.",
                        "computed.0.name: The name big is taken.",
                        "computed.1.name: '' is no name for a field: a letter, then up to 62 letters, digits, _ or -.");
    }

    @Test
    void masksNeedWhatTheirKindNeeds() {
        Map<String, Mask> masks = new LinkedHashMap<>();
        masks.put("email", new Mask(Mask.Kind.CONSTANT, null, null, null));
        masks.put("score", new Mask(Mask.Kind.HASH, "x", 1, null));
        masks.put("weight", Mask.partial(0, 0));
        masks.put("data", Mask.partial(1, 0));
        masks.put("nothing", Mask.of(Mask.Kind.NULL));
        assertThat(ShapingCheck.of(ShapingFixture.shaping(null, Map.of(), masks), ShapingFixture.TABLE, false))
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
        assertThat(said(all, true))
                .containsExactly(
                        "names.email: The history keeps columns under their own names.",
                        "filter: The history keeps every change: it takes no filter.",
                        "computed.0.name: The history keeps what the source has: it takes no computed fields.");
        assertThat(said(ShapingFixture.shaping(List.of("id", "email"), Map.of(), all.masks()), true))
                .isEmpty();
    }

    @Test
    void filterWithoutFullReplicaIdentityIsWarnedOf() {
        assertThat(ShapingCheck.of(
                        ShapingFixture.filter("id > 5"),
                        ShapingFixture.table(ReplicaIdentity.DEFAULT, ShapingFixture.COLUMNS),
                        false))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.isError()).isFalse();
                    assertThat(finding.problem())
                            .endsWith("ALTER TABLE \"public\".\"people\" REPLICA IDENTITY FULL avoids it.");
                });
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
