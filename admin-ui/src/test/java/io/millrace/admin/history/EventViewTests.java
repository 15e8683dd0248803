package io.millrace.admin.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.admin.history.FieldChange.Side;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EventViewTests {

    private static EventView update(
            @Nullable String before,
            String after,
            String completeness,
            List<String> changed,
            List<String> unavailable) {
        return EventView.of(
                new HistoryEvent(
                        "shop-1-0000000000000001-00000000",
                        "shop",
                        "public",
                        "orders",
                        "{\"id\":1}",
                        "update",
                        before,
                        after,
                        changed,
                        completeness,
                        unavailable,
                        7L,
                        "0/1",
                        "0/1",
                        1,
                        0,
                        Instant.EPOCH,
                        Instant.EPOCH,
                        null,
                        List.of(),
                        1),
                List.of("id"),
                List.of("id", "status", "note"));
    }

    @Test
    void completeImagesAreComparedInTheTablesOrder() {
        EventView view = update(
                "{\"id\":1,\"note\":null,\"status\":\"placed\"}",
                "{\"id\":1,\"note\":\"x\",\"status\":\"paid\"}",
                "FULL",
                List.of("status", "note"),
                List.of());
        assertThat(view.changed()).extracting(FieldChange::column).containsExactly("status", "note");
        assertThat(view.unchanged()).extracting(FieldChange::column).containsExactly("id");
        assertThat(view.gap()).isNull();
    }

    @Test
    void nothingIsClaimedToHaveChangedWhenTheRowBeforeWasNotSent() {
        EventView view = update(null, "{\"id\":1,\"status\":\"paid\"}", "NONE", List.of(), List.of());
        assertThat(view.changed()).isEmpty();
        assertThat(view.summary()).isEqualTo("columns not known");
        assertThat(view.gap()).contains("not sent");
    }

    @Test
    void aValueThatWasNotSentIsSaidToBeSo() {
        EventView view = update(
                "{\"id\":1}",
                "{\"id\":1,\"note\":\"__debezium_unavailable_value\"}",
                "FULL",
                List.of(),
                List.of("note"));
        FieldChange note = view.unchanged().stream()
                .filter(field -> field.column().equals("note"))
                .findFirst()
                .orElseThrow();
        assertThat(note.after().kind()).isEqualTo(Side.Kind.UNSENT);
        assertThat(note.after().words()).isEqualTo("not sent");
    }
}
