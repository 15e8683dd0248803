package io.millrace.sync.sink.elasticsearch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.sync.fixture.TestTables;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FieldMappingTests {

    @ParameterizedTest
    @CsvSource({
        "int2, , short, false",
        "int4, , integer, false",
        "int8, , long, false",
        "oid, , long, false",
        "float4, , float, true",
        "float8, , double, true",
        "numeric, , keyword, false",
        "numeric, double, double, true",
        "int4, long, long, false",
        "bool, , boolean, false",
        "uuid, , keyword, false",
        "text, , text, false",
        "text, keyword, keyword, false",
        "inet, ip, ip, true",
        "date, , date, true",
        "timestamptz, date_nanos, date_nanos, true",
        "_int4, , integer, true",
        "_bool, , boolean, true",
        "_jsonb, , keyword, false",
        "jsonb, , object, false",
        "jsonb, flattened, flattened, false",
        // what the type does not allow any more is passed over
        "int4, text, integer, false"
    })
    void fieldFollowsFromTypeAndChoice(String type, String kind, String field, boolean malformedTaken) {
        Map<String, Object> mapping = FieldMapping.field(TestTables.column("c", type), kind);
        assertThat(mapping).containsEntry("type", field);
        assertThat(mapping.containsKey("ignore_malformed")).isEqualTo(malformedTaken);
    }

    @Test
    void byteaIsKeptAndNotSearched() {
        assertThat(FieldMapping.field(TestTables.column("c", "bytea"), null)).containsEntry("index", false);
    }
}
