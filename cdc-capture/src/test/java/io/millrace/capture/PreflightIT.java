package io.millrace.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.ReplicaIdentity;
import io.millrace.catalog.Source;
import io.millrace.catalog.preflight.Finding;
import io.millrace.catalog.preflight.SourcePreflight;
import io.millrace.catalog.preflight.SourceTable;
import io.millrace.catalog.preflight.SourceTables;
import io.millrace.catalog.preflight.TablePreflight;
import io.millrace.event.TableId;
import io.millrace.localstack.LocalStack;
import io.millrace.localstack.junit.LocalStackExtension;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LocalStackExtension.class)
class PreflightIT {

    static CaptureLab lab;

    @BeforeAll
    static void start(LocalStack stack) throws Exception {
        lab = new CaptureLab(stack);
        lab.sql(
                "CREATE TABLE \"Keyed Table\" (b int, a text, total numeric GENERATED ALWAYS AS (b * 2) STORED,"
                        + " seen numeric GENERATED ALWAYS AS (b * 3) VIRTUAL, PRIMARY KEY (a, b))",
                "CREATE TABLE keyless (line text)",
                "CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE)",
                "CREATE TABLE nothing (id int PRIMARY KEY)",
                "ALTER TABLE nothing REPLICA IDENTITY NOTHING",
                "CREATE TABLE indexed (id int PRIMARY KEY, code text NOT NULL UNIQUE)",
                "ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_code_key",
                "CREATE UNLOGGED TABLE fast (id int PRIMARY KEY)",
                "CREATE VIEW seen AS SELECT 1 AS one",
                "CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10)",
                "CREATE FOREIGN DATA WRAPPER nowhere",
                "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere",
                "CREATE FOREIGN TABLE remote (id int) SERVER elsewhere",
                "DROP ROLE IF EXISTS weak",
                "CREATE ROLE weak LOGIN PASSWORD 'weak'");
    }

    @AfterAll
    static void stop() throws Exception {
        lab.sql("DROP ROLE IF EXISTS weak");
        lab.close();
    }

    private static List<String> codes(String table, boolean needsKey) {
        return new TablePreflight()
                .check(lab.source, new TableId("public", table), needsKey).stream()
                        .map(Finding::code)
                        .toList();
    }

    @Test
    void fitSourcePasses() {
        assertThat(Finding.pass(new SourcePreflight().check(lab.source))).isTrue();
    }

    @Test
    void wrongPasswordDatabaseAndPortAreFindings() {
        Source s = lab.source;
        assertThat(new SourcePreflight()
                        .check(Source.of("x", s.host(), s.port(), "nowhere", "postgres", "postgres", "disable")))
                .extracting(Finding::code)
                .containsExactly("no-database");
        assertThat(new SourcePreflight()
                        .check(Source.of("x", s.host(), 1, s.database(), "postgres", "postgres", "disable")))
                .extracting(Finding::code)
                .containsExactly("unreachable");
        assertThat(new SourcePreflight()
                        .check(Source.of("x", s.host(), s.port(), s.database(), "postgres", "wrong", "disable")))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.code()).isEqualTo("login-refused");
                    assertThat(finding.text())
                            .contains("refuses the login of postgres")
                            .contains("password authentication failed")
                            .contains("PATCH /api/v1/sources/x");
                });
    }

    /** The server cannot run at another level while slots exist, so the question is answered by a function that hides PostgreSQL's. */
    @Test
    void aWalLevelThatIsNotLogicalIsToldWithTheStatementThatSetsIt() throws Exception {
        lab.sql(
                "CREATE SCHEMA replica_level",
                "CREATE FUNCTION replica_level.current_setting(name text) RETURNS text LANGUAGE sql AS"
                        + " $$ SELECT CASE name WHEN 'wal_level' THEN 'replica' ELSE pg_catalog.current_setting(name) END $$");
        try (Connection connection = lab.open();
                var statement = connection.createStatement()) {
            statement.execute("SET search_path = replica_level, pg_catalog");
            assertThat(new SourcePreflight().check(connection, lab.source))
                    .filteredOn(Finding::isError)
                    .singleElement()
                    .satisfies(finding -> assertThat(finding.text())
                            .isEqualTo(
                                    "wal_level is replica; changes can only be read at wal_level logical. Run this, then"
                                            + " restart the server. Run: ALTER SYSTEM SET wal_level = 'logical';"));
        }
    }

    @Test
    void userWithoutPrivilegesIsToldWhatToRun() {
        Source s = lab.source;
        Source weak = Source.of("x", s.host(), s.port(), s.database(), "weak", "weak", "disable");
        assertThat(new SourcePreflight().check(weak))
                .extracting(Finding::code)
                .contains("no-replication-privilege", "no-create-privilege");
        List<Finding> findings = new TablePreflight().check(weak, new TableId("public", "Keyed Table"), true);
        assertThat(findings).extracting(Finding::code).contains("no-select-privilege", "not-owner");
        assertThat(findings)
                .extracting(Finding::sql)
                .contains(
                        "GRANT USAGE ON SCHEMA \"public\" TO \"weak\"; GRANT SELECT ON \"public\".\"Keyed Table\" TO \"weak\";");
    }

    @Test
    void tablesThatCannotBeCapturedSayWhy() {
        assertThat(codes("missing", true)).containsExactly("no-table");
        assertThat(codes("fast", true)).containsExactly("not-logged");
        assertThat(codes("seen", true)).containsExactly("view");
        assertThat(codes("remote", true)).containsExactly("foreign-table");
        assertThat(codes("remote", false)).containsExactly("foreign-table");
        assertThat(codes("parted_1", true)).containsExactly("partition");
        assertThat(codes("parted", true)).containsExactly("no-before");
        assertThat(codes("keyless", true)).containsExactly("no-key");
        assertThat(codes("keyless", false)).containsExactly("insert-only");
        assertThat(codes("deferred", true)).containsExactly("no-key");
        assertThat(codes("nothing", true)).containsExactly("identity-nothing");
        assertThat(codes("Keyed Table", true)).containsExactly("generated-columns", "no-before");
    }

    @Test
    void tablesAreListedWithKeyAndIdentity() throws Exception {
        try (Connection connection = lab.open()) {
            List<SourceTable> tables = new SourceTables().list(connection);
            assertThat(tables)
                    .extracting(table -> table.table().table())
                    .containsExactlyInAnyOrder("Keyed Table", "deferred", "indexed", "keyless", "nothing", "parted");
            SourceTable keyed = new SourceTables()
                    .find(connection, new TableId("public", "Keyed Table"))
                    .orElseThrow();
            assertThat(keyed.keyColumns()).containsExactly("a", "b");
            assertThat(keyed.columns()).extracting("name").containsExactly("b", "a", "total");
            SourceTable indexed = new SourceTables()
                    .find(connection, new TableId("public", "indexed"))
                    .orElseThrow();
            assertThat(indexed.identity()).isEqualTo(ReplicaIdentity.INDEX);
            assertThat(indexed.keyColumns()).containsExactly("code");
        }
    }
}
