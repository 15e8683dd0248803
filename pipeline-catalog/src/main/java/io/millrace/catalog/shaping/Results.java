package io.millrace.catalog.shaping;

import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import io.millrace.catalog.Column;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** From what CEL computes to canonical values of a PostgreSQL type, as if the table had such a column. */
final class Results {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Results() {}

    /** Returns the column that a result of this type becomes; null where it is none that a column could have. */
    static @Nullable Column column(String name, CelType type) {
        String typeName = typeName(type.kind(), type.name());
        return typeName == null ? null : new Column(name, typeName, typeName, 0, true);
    }

    private static @Nullable String typeName(CelKind kind, String name) {
        return switch (kind) {
            case BOOL -> "bool";
            case INT -> "int8";
            case UINT -> "numeric";
            case DOUBLE -> "float8";
            case STRING -> "text";
            case BYTES -> "bytea";
            case TIMESTAMP -> "timestamptz";
            case DURATION -> "interval";
            case LIST, MAP -> "jsonb";
            case OPAQUE -> name.equals(Decimal.TYPE.name()) ? "numeric" : null;
            default -> null;
        };
    }

    /** Returns canonical JSON. */
    static String json(Object value) {
        Object plain = value instanceof List<?> || value instanceof Map<?, ?>
                ? JSON.writeValueAsString(nested(value))
                : scalar(value);
        return plain == null ? "null" : JSON.writeValueAsString(plain);
    }

    private static @Nullable Object nested(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(Results::nested).toList();
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> members = new LinkedHashMap<>();
            map.forEach((name, member) -> members.put(String.valueOf(name), nested(member)));
            return members;
        }
        return scalar(value);
    }

    private static @Nullable Object scalar(Object value) {
        if (value instanceof NullValue) {
            return null;
        }
        if (value instanceof Boolean || value instanceof Long || value instanceof String) {
            return value;
        }
        if (value instanceof Double number) {
            return number.isNaN() || number.isInfinite() ? (Object) number.toString() : number;
        }
        if (value instanceof Instant moment) {
            return Moments.format(moment);
        }
        if (value instanceof CelByteString bytes) {
            return Base64.getEncoder().encodeToString(bytes.toByteArray());
        }
        if (value instanceof Duration duration) {
            return duration.toString();
        }
        return value.toString();
    }
}
