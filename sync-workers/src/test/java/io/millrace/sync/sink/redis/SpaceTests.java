package io.millrace.sync.sink.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import io.millrace.event.Row;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpaceTests {

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> texts(List<byte[]> all) {
        return all.stream().map(one -> new String(one, StandardCharsets.UTF_8)).toList();
    }

    @Test
    void entryItsMarkAndTheirShadowsShareASlotAndAreFoundAgain() {
        byte[] key = bytes("shop:public.orders:a%7Bb%7D,7");
        for (Space space : List.of(Space.LIVE, Space.SHADOW)) {
            assertThat(SlotHash.getSlot(space.row(key))).isEqualTo(SlotHash.getSlot(key));
            assertThat(SlotHash.getSlot(space.mark(key))).isEqualTo(SlotHash.getSlot(key));
            assertThat(space.key(space.mark(key))).isEqualTo(key);
        }
        assertThat(new String(Space.LIVE.mark(key), StandardCharsets.UTF_8))
                .isEqualTo("millrace:v:{shop:public.orders:a%7Bb%7D,7}");
    }

    @Test
    void patternTakesItsPrefixByTheLetter() {
        assertThat(new String(Space.LIVE.marks("a*[b]?\\c:"), StandardCharsets.UTF_8))
                .isEqualTo("millrace:v:{a\\*\\[b\\]\\?\\\\c:*");
    }

    @Test
    void hashHoldsTextsWithoutQuotesAndNoNulls() {
        Row row = Row.of(
                "{\"id\":7,\"name\":\"a\\\"b\",\"note\":null,\"big\":\"__debezium_unavailable_value\",\"tags\":[\"x\",null]}");
        assertThat(texts(HashFields.arguments(row, Set.of("big"))))
                .containsExactly("3", "id", "7", "name", "a\"b", "tags", "[\"x\",null]", "big");
    }
}
