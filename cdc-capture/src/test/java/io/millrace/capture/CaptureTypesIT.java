package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@ExtendWith(LocalStackExtension.class)
class CaptureTypesIT {

    /** Type, then values as SQL literals; each with the JSON that it must become, or null where only the way back is checked. */
    private static final String[][] VALUES = {
        {"int2", "-32768", "-32768"},
        {"int4", "2147483647", "2147483647"},
        {"int8", "-9223372036854775808", "-9223372036854775808"},
        {"oid", "4294967295", "4294967295"},
        {"float4", "1.5", "1.5"},
        {"float4", "NaN", "\"NaN\""},
        {"float8", "0.1", "0.1"},
        {"float8", "1e300", "1e+300"},
        {"float8", "-Infinity", "\"-Infinity\""},
        {"numeric", "12345678901234567890.123456789000", "\"12345678901234567890.123456789000\""},
        {"numeric", "NaN", "\"NaN\""},
        {"numeric(20,6)", "1.5", "\"1.500000\""},
        {"money", "1234.56", "\"$1,234.56\""},
        {"bool", "true", "true"},
        {"bool", "false", "false"},
        {"text", "tab\there \"quote\" \\ slash\nnewline ünïcödé 😀", null},
        {"text", "", "\"\""},
        {"varchar(10)", "abc", "\"abc\""},
        {"char(5)", "ab", "\"ab   \""},
        {"\"char\"", "x", "\"x\""},
        {"name", "a name", "\"a name\""},
        {"date", "2024-02-29", "\"2024-02-29\""},
        {"date", "0044-03-15 BC", "\"0044-03-15 BC\""},
        {"date", "infinity", "\"infinity\""},
        {"time", "23:59:59.999999", "\"23:59:59.999999\""},
        {"timetz", "12:00:00+05:30", "\"12:00:00+05:30\""},
        {"timestamp", "2024-01-02 03:04:05", "\"2024-01-02T03:04:05.000000\""},
        {"timestamp", "2024-01-02 03:04:05.1234", "\"2024-01-02T03:04:05.123400\""},
        {"timestamp", "0044-03-15 12:00:00 BC", "\"0044-03-15T12:00:00.000000 BC\""},
        {"timestamp", "12345-01-02 03:04:05", "\"12345-01-02T03:04:05.000000\""},
        {"timestamp", "-infinity", "\"-infinity\""},
        {"timestamptz", "2024-01-02 03:04:05.5+02", "\"2024-01-02T01:04:05.500000Z\""},
        {"timestamptz", "0044-03-15 12:00:00+00 BC", "\"0044-03-15T12:00:00.000000Z BC\""},
        {"timestamptz", "infinity", "\"infinity\""},
        {"interval", "1 year 2 months 3 days 04:05:06.789", "\"P1Y2M3DT4H5M6.789S\""},
        {"interval", "-1 day 1 hour", null},
        {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
        {"json", "{\"b\": 1,  \"a\": [1, 2.50]}", "\"{\\\"b\\\": 1,  \\\"a\\\": [1, 2.50]}\""},
        {"jsonb", "{\"b\": 1, \"a\": \"x\"}", "\"{\\\"a\\\": \\\"x\\\", \\\"b\\\": 1}\""},
        {"bytea", "\\x00ff10", "\"AP8Q\""},
        {"bytea", "\\x", "\"\""},
        {"bit(4)", "0101", "\"0101\""},
        {"varbit", "101", "\"101\""},
        {"inet", "192.168.0.1/24", "\"192.168.0.1/24\""},
        {"cidr", "10.0.0.0/8", "\"10.0.0.0/8\""},
        {"macaddr", "08:00:2b:01:02:03", "\"08:00:2b:01:02:03\""},
        {"xml", "<a>1</a>", "\"<a>1</a>\""},
        {"tsvector", "a b", null},
        {"int4range", "[1,5)", "\"[1,5)\""},
        {"point", "(1,2)", "\"(1,2)\""},
        {"box", "(2,2),(1,1)", null},
        {"mood", "happy", "\"happy\""},
        {"pair", "(1,two)", "\"(1,two)\""},
        {"positive", "5", "5"},
        {"regclass", "pg_class", "\"pg_class\""},
        {"pg_lsn", "16/B374D848", "\"16/B374D848\""},
        {"int4[]", "{1,NULL,3}", "[1,null,3]"},
        {"int4[]", "{{1,2},{3,4}}", "[[1,2],[3,4]]"},
        {"int4[]", "{}", "[]"},
        {"int4[]", "[0:1]={1,2}", "\"[0:1]={1,2}\""},
        {"text[]", "{a,\"b \\\"c\\\", d\",NULL,\"NULL\",\"\"}", "[\"a\",\"b \\\"c\\\", d\",null,\"NULL\",\"\"]"},
        {"bool[]", "{t,f}", "[true,false]"},
        {"timestamptz[]", "{2024-01-01 00:00:00+00}", "[\"2024-01-01T00:00:00.000000Z\"]"},
        {"numeric[]", "{1.50}", "[\"1.50\"]"},
        {"bytea[]", "{\"\\\\x00ff\"}", "[\"AP8=\"]"},
        {"mood[]", "{happy,sad}", "[\"happy\",\"sad\"]"},
        {"box[]", "{(2,2),(1,1);(4,4),(3,3)}", "[\"(2,2),(1,1)\",\"(4,4),(3,3)\"]"},
        {"positive[]", "{1,2}", "[1,2]"},
        {"text", null, "null"},
    };

    @Test
    void streamAndSnapshotWriteTheSameAndEveryScalarGoesBack(LocalStack stack) throws Exception {
        try (CaptureLab lab = new CaptureLab(stack).start()) {
            lab.sql(
                    "CREATE TYPE mood AS ENUM ('happy', 'sad')",
                    "CREATE TYPE pair AS (a int, b text)",
                    "CREATE DOMAIN positive AS int CHECK (value > 0)");
            List<String> columns = new ArrayList<>();
            for (int i = 0; i < VALUES.length; i++) {
                columns.add("c" + i + " " + VALUES[i][0]);
            }
            lab.sql("CREATE TABLE kinds (id int PRIMARY KEY, " + String.join(", ", columns) + ")");
            insert(lab, 1);
            lab.streaming("kinds");
            insert(lab, 2);
            Map<Operation, ChangeEvent> events = new LinkedHashMap<>();
            lab.awaitEvents("kinds", 2).forEach(event -> events.put(event.operation(), event));
            String read = events.get(Operation.READ).after().toString();
            String created = events.get(Operation.CREATE).after().toString();
            assertThat(created.replaceFirst("\"id\":2", "\"id\":1")).isEqualTo(read);
            JsonNode row = JsonMapper.builder().build().readTree(created);
            try (Connection connection = lab.open()) {
                for (int i = 0; i < VALUES.length; i++) {
                    check(connection, row.get("c" + i), events.get(Operation.CREATE), i);
                }
            }
        }
    }

    private static void check(Connection connection, JsonNode value, ChangeEvent event, int column) throws Exception {
        String type = VALUES[column][0];
        String expected = VALUES[column][2];
        String json = new String(event.after().columns().get("c" + column), java.nio.charset.StandardCharsets.UTF_8);
        if (expected != null) {
            assertThat(json).as(type + " " + VALUES[column][1]).isEqualTo(expected);
        }
        if (value.isArray() || value.isNull() || type.equals("bytea")) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT CAST(CAST(? AS text) AS " + type
                + ")::text IS NOT DISTINCT FROM c" + column + "::text FROM kinds WHERE id = 2")) {
            statement.setString(1, value.asString());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                assertThat(row.getBoolean(1)).as("%s %s goes back", type, json).isTrue();
            }
        }
    }

    private static void insert(CaptureLab lab, int id) throws Exception {
        List<String> values = new ArrayList<>();
        for (String[] value : VALUES) {
            values.add(value[1] == null ? "NULL" : "'" + value[1].replace("'", "''") + "'");
        }
        lab.sql("INSERT INTO kinds VALUES (" + id + ", " + String.join(", ", values) + ")");
    }
}
