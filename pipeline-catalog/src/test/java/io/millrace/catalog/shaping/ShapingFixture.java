package io.millrace.catalog.shaping;

import io.millrace.catalog.CapturedTable;
import io.millrace.catalog.Column;
import io.millrace.catalog.MaskingKey;
import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.TableState;
import io.millrace.event.BeforeCompleteness;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.event.RowKey;
import io.millrace.event.SourcePosition;
import io.millrace.event.TableId;
import io.millrace.event.TransactionInfo;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A table of people, and its events. */
final class ShapingFixture {

    static final MaskingKey KEY = new MaskingKey("a key of tests".getBytes());

    static final List<Column> COLUMNS = List.of(
            new Column("id", "bigint", "int8", 20, false),
            new Column("email", "text", "text", 25, true),
            new Column("score", "numeric(20,6)", "numeric", 1700, true),
            new Column("weight", "double precision", "float8", 701, true),
            new Column("active", "boolean", "bool", 16, true),
            new Column("born", "date", "date", 1082, true),
            new Column("seen", "timestamp with time zone", "timestamptz", 1184, true),
            new Column("data", "jsonb", "jsonb", 3802, true),
            new Column("tags", "text[]", "_text", 1009, true),
            new Column("photo", "bytea", "bytea", 17, true),
            new Column("big", "bigint", "int8", 20, true));

    static final String ROW =
            "{\"id\":9007199254740993,\"email\":\"ada@example.org\",\"score\":\"12345678901234.567891\","
                    + "\"weight\":1.5,\"active\":true,\"born\":\"1815-12-10\",\"seen\":\"2026-01-31T14:02:07.123456Z\","
                    + "\"data\":\"{\\\"city\\\":\\\"London\\\",\\\"n\\\":3}\",\"tags\":[\"a\",null,\"b\"],\"photo\":\"AQID\","
                    + "\"big\":9007199254740993}";

    static final CapturedTable TABLE = table(ReplicaIdentity.FULL, COLUMNS);

    private ShapingFixture() {}

    static CapturedTable table(ReplicaIdentity identity, List<Column> columns) {
        return new CapturedTable(
                7,
                "shop",
                new TableId("public", "people"),
                "shop.public.people",
                List.of("id"),
                columns,
                1,
                identity,
                TableState.STREAMING,
                null,
                Instant.EPOCH,
                "test",
                Instant.EPOCH,
                List.of());
    }

    static Shaping shaping(List<String> only, Map<String, String> names, Map<String, Mask> masks) {
        return new Shaping(only, names, masks, null, List.of());
    }

    static Shaping filter(String filter) {
        return new Shaping(null, Map.of(), Map.of(), filter, List.of());
    }

    static Shaping computed(String name, String expression) {
        return new Shaping(List.of("id"), Map.of(), Map.of(), null, List.of(new Computed(name, expression)));
    }

    static ChangeEvent create(String after) {
        return event(Operation.CREATE, null, after);
    }

    static ChangeEvent update(String before, String after, String... unavailable) {
        return event(Operation.UPDATE, before, after, unavailable);
    }

    static ChangeEvent event(Operation operation, String before, String after, String... unavailable) {
        return new ChangeEvent(
                "shop",
                TABLE.table(),
                new SourcePosition(1, 0x2000, 0),
                0x1000,
                operation,
                new RowKey("{\"id\":9007199254740993}"),
                before == null ? null : Row.of(before),
                before == null ? BeforeCompleteness.NONE : BeforeCompleteness.FULL,
                after == null ? null : Row.of(after),
                Set.of(unavailable),
                new TransactionInfo(700L, Instant.EPOCH, null),
                Instant.EPOCH,
                1);
    }

    static Shaper shaper(Shaping shaping) {
        return Shaper.of(shaping, TABLE, () -> KEY);
    }

    /** Returns the row that is sent. */
    static String sent(Shaping shaping, String row) {
        return String.valueOf(
                ((Shaped.Sent) shaper(shaping).shape(create(row))).event().after());
    }
}
