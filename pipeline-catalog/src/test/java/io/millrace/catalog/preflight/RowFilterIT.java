package io.millrace.catalog.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.millrace.catalog.preflight.RowFilter.Refused;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LocalStackExtension.class)
class RowFilterIT {

    private static final TableId TABLE = new TableId("filters", "Orders");
    private static Connection connection;

    @BeforeAll
    static void connect(LocalStack stack) throws SQLException {
        connection = DriverManager.getConnection(stack.postgresJdbcUrl("postgres"), "postgres", "postgres");
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA IF EXISTS filters CASCADE");
            statement.execute("CREATE SCHEMA filters");
            statement.execute("CREATE TYPE filters.mood AS ENUM ('sad', 'happy')");
            statement.execute("CREATE TABLE filters.\"Orders\" (id int PRIMARY KEY, \"total (net)\" numeric, note text,"
                    + " at timestamptz, data jsonb, mood filters.mood, tags text[])");
            statement.execute("INSERT INTO filters.\"Orders\" SELECT i, i, 'it''s; --', now() - i * interval '1 day',"
                    + " '{\"k\": 1}', 'happy', '{a}' FROM generate_series(0, 9) i");
            statement.execute("CREATE FUNCTION filters.does_something() RETURNS boolean LANGUAGE sql VOLATILE AS"
                    + " 'SELECT true'");
            statement.execute("CREATE FUNCTION filters.harmless(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS"
                    + " 'SELECT $1 > 3'");
            for (String raising :
                    List.of("tells(text) USING ERRCODE = 'P0001'", "tells_by_name(text) USING ERRCODE = '42704'")) {
                int name = raising.indexOf(' ');
                statement.execute("CREATE FUNCTION filters." + raising.substring(0, name) + " RETURNS boolean"
                        + " LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE EXCEPTION 'not %', $1" + raising.substring(name)
                        + "; END$$");
            }
        }
    }

    @AfterAll
    static void drop() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA filters CASCADE");
        }
        connection.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id > 3",
                "\"total (net)\" BETWEEN 1 AND 5 OR note IS NULL",
                "at > now() - interval '3 days'",
                "note = 'it''s; --' AND (id = 1 OR id IN (2, 3))",
                "data ? 'k' AND data->>'k' = '1' AND data @> '{\"k\": 1}'",
                "mood = 'happy'",
                "'a' = ANY (tags) AND note LIKE '%;%'",
                "lower(note) = 'x' OR coalesce(note, '') = '' OR extract(year from at) > 2000",
                "filters.harmless(id)",
                "CAST(id AS numeric(10, 2)) < 5 AND at::timestamp with time zone IS NOT NULL",
                "CASE WHEN id > 3 THEN true ELSE false END",
            })
    void conditionsAreTaken(String expression) throws Exception {
        RowFilter filter = RowFilter.check(connection, TABLE, expression);
        long expected = count(expression.replace("?", "??"));
        assertThat(count(filter.jdbc())).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "id",
                "id >",
                "id = 1; DROP TABLE filters.\"Orders\"",
                "true) OR (true",
                "id = 1) UNION SELECT (1",
                "(id = 1",
                "id = 1 -- more",
                "id = 1 /* more */",
                "id = $1",
                "note = $$x$$",
                "note = E'\\''; DROP TABLE x; --'",
                "note = 'open",
                "id = (SELECT 1)",
                "EXISTS (TABLE filters.\"Orders\")",
                "pg_sleep(1) IS NULL",
                "\"pg_sleep\"(1) IS NULL",
                "pg_catalog . pg_sleep (1) IS NULL",
                "filters.does_something()",
                "nextval('filters.x') > 0",
                "set_config('a.b', 'c', false) = 'c'",
                "pg_logical_emit_message(false, 'millrace.x', 'y') IS NOT NULL",
                "random() < 0.5",
                "count(*) > 1",
                "nosuchcolumn = 1",
                "nosuchfunction(id)",
                "1 / id > 0 AND 1 / 0 = 1",
                "{fn now()} > at",
                "table_to_xml('pg_authid', true, false, '') IS NOT NULL",
                "pg_catalog.\"schema_to_xml\"('filters', true, false, '') IS NOT NULL",
                "database_to_xml_and_xmlschema(true, false, '') IS NOT NULL",
                "query_to_xmlschema('TABLE pg_authid', true, false, '') IS NOT NULL",
                "current_setting('krb_server_keyfile') = note",
                "currval('filters.x') = id",
                "lo_get(1) IS NOT NULL",
                "pg_get_viewdef('filters.v') = note",
                "dblink('dbname=postgres', 'SELECT 1') IS NOT NULL",
            })
    void everythingElseIsRefusedWithASentenceAndChangesNothing(String expression) {
        assertThatExceptionOfType(Refused.class)
                .isThrownBy(() -> RowFilter.check(connection, TABLE, expression))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeGreaterThan(20));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "CAST(note AS integer) > 1 | 22P02",
                "1 / id > 0 | 22012",
                "filters.tells(note) | P0001",
                "filters.tells_by_name(note) | 42704",
            })
    void theValuesOfARowStandInNoRefusal(String expression, String error) {
        assertThatExceptionOfType(Refused.class)
                .isThrownBy(() -> RowFilter.check(connection, TABLE, expression))
                .satisfies(e ->
                        assertThat(e.getMessage()).contains("error " + error).doesNotContain("it's", "division"));
    }

    @Test
    void whatPostgresSaysOfNamesIsTold() {
        assertThatExceptionOfType(Refused.class)
                .isThrownBy(() -> RowFilter.check(connection, TABLE, "nosuchcolumn = 1"))
                .withMessageContaining("\"nosuchcolumn\" does not exist");
        assertThatExceptionOfType(Refused.class)
                .isThrownBy(() ->
                        RowFilter.check(connection, TABLE, "table_to_xml('pg_authid', true, false, '') IS NOT NULL"))
                .withMessageContaining("The function table_to_xml looks at more than the row");
    }

    @Test
    void theConnectionIsUsableAfterARefusal() throws Exception {
        assertThatExceptionOfType(Refused.class).isThrownBy(() -> RowFilter.check(connection, TABLE, "id"));
        assertThat(connection.getAutoCommit()).isTrue();
        assertThat(count("true")).isEqualTo(10);
    }

    private static long count(String condition) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                        "SELECT count(*) FROM " + TABLE.quoted() + " WHERE (" + condition + ")");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
