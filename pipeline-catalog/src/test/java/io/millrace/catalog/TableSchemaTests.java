package io.millrace.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableSchemaTests {

    private static TableSchema schema(String... columns) {
        return new TableSchema(
                1,
                Arrays.stream(columns)
                        .map(name -> new Column(name, "text", "text", 25, true))
                        .toList(),
                List.of("id"),
                null,
                Instant.EPOCH);
    }

    @Test
    void columnThatWasGivenTheNameOfARenamedOneIsANewOne() {
        TableSchema older = schema("id", "email", "name");
        TableSchema renamed = schema("id", "email_old", "name", "email");
        assertThat(renamed.changesSince(older)).containsExactly("email renamed to email_old", "email text added");
        assertThat(renamed.onlyAddsTo(older)).isFalse();
        TableSchema last = schema("id", "email_old", "email");
        assertThat(last.changesSince(schema("id", "email")))
                .containsExactly("email renamed to email_old", "email text added");
        assertThat(last.onlyAddsTo(schema("id", "email"))).isFalse();
    }

    @Test
    void columnThatWasDroppedAndAddedAgainIsANewOne() {
        TableSchema older = schema("id", "email", "name");
        TableSchema anew = schema("id", "name", "email");
        assertThat(anew.changesSince(older)).containsExactly("email text added", "email dropped");
        assertThat(anew.onlyAddsTo(older)).isFalse();
    }

    @Test
    void columnsThatStayInTheirOrderAreThoseThatWereThere() {
        TableSchema older = schema("id", "email", "name");
        TableSchema added = schema("id", "email", "name", "phone");
        assertThat(added.changesSince(older)).containsExactly("phone text added");
        assertThat(added.onlyAddsTo(older)).isTrue();
        assertThat(older.onlyAddsTo(older)).isTrue();
        TableSchema renamed = schema("id", "mail", "name");
        assertThat(renamed.changesSince(older)).containsExactly("email renamed to mail");
        assertThat(renamed.onlyAddsTo(older)).isFalse();
        TableSchema dropped = schema("id", "name");
        assertThat(dropped.changesSince(older)).containsExactly("email dropped");
        assertThat(dropped.onlyAddsTo(older)).isFalse();
    }
}
