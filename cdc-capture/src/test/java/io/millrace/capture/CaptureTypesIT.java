package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.CapturedTable;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.golden.GoldenValues;
import io.millrace.event.golden.GoldenValues.Value;
import io.millrace.event.golden.PostgresText;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.PostgresCluster;
import io.millrace.localstack.junit.LocalStackExtension;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.json.JsonMapper;

/** Every golden value through stream and snapshot, and back into PostgreSQL. */
@ExtendWith(LocalStackExtension.class)
class CaptureTypesIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Nobody can write a value of these: PostgreSQL refuses their input, and makes them for its own catalog alone. */
    private static final Set<String> WITHOUT_INPUT = Set.of(
            "pg_node_tree",
            "pg_ndistinct",
            "pg_dependencies",
            "pg_mcv_list",
            "pg_brin_bloom_summary",
            "pg_brin_minmax_multi_summary",
            "gtsvector");

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack).start();
        for (GoldenValues file : GoldenValues.all()) {
            lab.sql(file.setup().toArray(String[]::new));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        lab.close();
    }

    /** A column of the table under test, and what must come of its value. */
    private record Case(String description, String type, String baseType, String sql, String json) {

        static Case of(Value value) {
            return new Case(value.toString(), value.type(), value.baseType(), value.sql(), value.json());
        }
    }

    @Test
    void everyTypeOfADefaultInstallationHasAGoldenFile() throws Exception {
        Set<String> types = new TreeSet<>();
        try (Connection connection = lab.open();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
                          AND typtype IN ('b', 'r', 'm', 'd', 'e') AND typoutput <> 'array_out'::regproc
                        """)) {
            while (row.next()) {
                types.add(row.getString(1));
            }
        }
        types.removeAll(WITHOUT_INPUT);
        assertThat(GoldenValues.all()).extracting(GoldenValues::name).containsAll(types);
    }

    @Test
    void streamAndSnapshotWriteTheGoldenBytesAndEveryValueGoesBack() throws Exception {
        List<Case> cases = GoldenValues.all().stream()
                .flatMap(file -> file.values().stream())
                .map(Case::of)
                .toList();
        assertWritten(lab, "golden", cases);
    }

    /** The bytes must not depend on the source's version: no golden value is left out, and none is written in another way. */
    @Test
    void anOlderServerYieldsTheSameBytes(LocalStack stack) throws Exception {
        try (PostgresCluster server = PostgresCluster.create(Path.of("target/clusters/types17"), "17")
                        .start();
                CaptureLab older = new CaptureLab(stack, server).start();
                Connection connection = older.open()) {
            assertThat(connection.getMetaData().getDatabaseMajorVersion()).isEqualTo(17);
            List<Case> cases = new ArrayList<>();
            for (GoldenValues file : GoldenValues.all()) {
                older.sql(file.setup().toArray(String[]::new));
                file.values().forEach(value -> cases.add(Case.of(value)));
            }
            assertWritten(older, "golden", cases);
        }
    }

    @Test
    void arraysOfEveryTypeKeepNullsAndDimensions() throws Exception {
        List<Case> cases = new ArrayList<>();
        for (GoldenValues file : GoldenValues.all()) {
            file.values().stream().collect(Collectors.groupingBy(Value::type)).forEach((type, values) -> {
                // a collation belongs behind the brackets, and an array has no array
                if (!type.contains("[]") && !values.get(0).baseType().endsWith("[]") && !type.contains("COLLATE")) {
                    Value a = values.get(0);
                    Value b = values.get(values.size() - 1);
                    String base = a.baseType() + "[]";
                    String flat = "ARRAY[" + cast(a) + ",NULL," + cast(b) + "]::" + type + "[]";
                    cases.add(
                            new Case(type + "[]", type + "[]", base, flat, "[" + a.json() + ",null," + b.json() + "]"));
                    String square =
                            "ARRAY[ARRAY[" + cast(a) + "," + cast(b) + "],ARRAY[NULL," + cast(a) + "]]::" + type + "[]";
                    cases.add(new Case(
                            type + "[][]",
                            type + "[]",
                            base,
                            square,
                            "[[" + a.json() + "," + b.json() + "],[null," + a.json() + "]]"));
                }
            });
        }
        assertWritten(lab, "golden_arrays", cases);
    }

    private static String cast(Value value) {
        return "CAST(" + value.sql() + " AS " + value.type() + ")";
    }

    @Test
    void nullStaysNullInAColumnThatHasADefault() throws Exception {
        lab.sql("CREATE TABLE defaults (id int PRIMARY KEY, n int DEFAULT 7, t text DEFAULT 'x', b bool DEFAULT true,"
                + " j jsonb DEFAULT '{}', a int[] DEFAULT '{1}', at timestamptz DEFAULT now())");
        lab.sql("INSERT INTO defaults VALUES (1, NULL, NULL, NULL, NULL, NULL, NULL)");
        lab.streaming("defaults");
        lab.sql("INSERT INTO defaults VALUES (2, NULL, NULL, NULL, NULL, NULL, NULL)");
        assertThat(lab.awaitEvents("defaults", 2))
                .extracting(event -> String.valueOf(event.after()).replaceFirst("\"id\":\\d", ""))
                .containsOnly("{,\"n\":null,\"t\":null,\"b\":null,\"j\":null,\"a\":null,\"at\":null}");
    }

    /** Columns are limited to 1,600 a table and rows to a page, so values come in tables of 60 columns. */
    private static void assertWritten(CaptureLab lab, String name, List<Case> all) throws Exception {
        Map<String, List<Case>> tables = new LinkedHashMap<>();
        for (int from = 0; from < all.size(); from += 60) {
            tables.put(name + "_" + from, all.subList(from, Math.min(all.size(), from + 60)));
        }
        List<CapturedTable> registered = new ArrayList<>();
        for (Map.Entry<String, List<Case>> table : tables.entrySet()) {
            create(lab, table.getKey(), table.getValue());
            insert(lab, table.getKey(), 1, table.getValue());
            registered.add(lab.register(table.getKey(), "audit"));
        }
        registered.forEach(lab::awaitStreaming);
        for (Map.Entry<String, List<Case>> table : tables.entrySet()) {
            insert(lab, table.getKey(), 2, table.getValue());
            // said in words: a domain may have a default too
            lab.sql("INSERT INTO " + table.getKey() + " VALUES (3"
                    + ", NULL".repeat(table.getValue().size()) + ")");
        }
        SoftAssertions softly = new SoftAssertions();
        for (Map.Entry<String, List<Case>> table : tables.entrySet()) {
            assertWritten(lab, softly, table.getKey(), table.getValue());
        }
        softly.assertAll();
    }

    private static void create(CaptureLab lab, String table, List<Case> cases) throws Exception {
        lab.sql("CREATE TABLE " + table + " (id int PRIMARY KEY, "
                + IntStream.range(0, cases.size())
                        .mapToObj(i -> "c" + i + " " + cases.get(i).type())
                        .collect(Collectors.joining(", "))
                + ")");
    }

    private static void assertWritten(CaptureLab lab, SoftAssertions softly, String table, List<Case> cases)
            throws Exception {
        Map<Integer, Map<String, byte[]>> rows = lab.awaitEvents(table, 3).stream()
                .collect(Collectors.toMap(
                        event -> Integer.parseInt(text(event.after().columns().get("id"))),
                        event -> event.after().columns(),
                        (first, second) -> second));
        List<ChangeEvent> events = lab.events(table);
        softly.assertThat(events).extracting(ChangeEvent::operation).contains(Operation.READ, Operation.CREATE);
        try (Connection connection = lab.open()) {
            for (int i = 0; i < cases.size(); i++) {
                Case one = cases.get(i);
                String read = text(rows.get(1).get("c" + i));
                String created = text(rows.get(2).get("c" + i));
                softly.assertThat(created)
                        .as("%s in the stream", one.description())
                        .isEqualTo(one.json());
                softly.assertThat(read)
                        .as("%s in the snapshot", one.description())
                        .isEqualTo(one.json());
                softly.assertThat(text(rows.get(3).get("c" + i)))
                        .as("NULL of %s", one.type())
                        .isEqualTo("null");
                softly.assertThat(goesBack(connection, table, "c" + i, one, created))
                        .as("%s goes back as %s", one.description(), created)
                        .isEqualTo("true");
            }
        }
    }

    /**
     * Compares what the types' own output functions write: a cast to text trims, drops XML declarations, and more. Floats are compared as
     * values, since parsers of JSON take -0 for 0. A name is given to its type's input function: its cast from text refuses "-".
     */
    private static String goesBack(Connection connection, String table, String column, Case one, String json) {
        String type = one.type().replace(" COLLATE \"C\"", "");
        String back = type.startsWith("reg") ? "CAST(? AS " + type + ")" : "CAST(CAST(? AS text) AS " + type + ")";
        String same = one.baseType().startsWith("float")
                ? back + " IS NOT DISTINCT FROM " + column
                : "format('%s', " + back + ") = format('%s', " + column + ")";
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT " + same + " FROM " + table + " WHERE id = 2")) {
            statement.setObject(1, PostgresText.of(JSON.readTree(json), one.baseType()), Types.OTHER);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Boolean.toString(row.getBoolean(1));
            }
        } catch (SQLException e) {
            return e.getMessage();
        }
    }

    private static String text(byte[] json) {
        return new String(json, StandardCharsets.UTF_8);
    }

    private static void insert(CaptureLab lab, String table, int id, List<Case> cases) throws Exception {
        lab.sql("INSERT INTO " + table + " VALUES (" + id + ", "
                + cases.stream().map(Case::sql).collect(Collectors.joining(", ")) + ")");
    }
}
