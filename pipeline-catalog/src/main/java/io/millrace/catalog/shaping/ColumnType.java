package io.millrace.catalog.shaping;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.NullableType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import io.millrace.catalog.Column;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a column is in expressions, by PostgreSQL's base type; why, is in RATIONALE.md. */
enum ColumnType {
    INT(SimpleType.INT, "int"),
    DOUBLE(SimpleType.DOUBLE, "double"),
    BOOL(SimpleType.BOOL, "bool"),
    DECIMAL(Decimal.TYPE, "decimal"),
    TIMESTAMP(SimpleType.TIMESTAMP, "timestamp"),
    BYTES(SimpleType.BYTES, "bytes"),
    JSON(SimpleType.DYN, "any"),
    STRING(SimpleType.STRING, "string");

    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private final CelType type;
    private final String word;

    ColumnType(CelType type, String word) {
        this.type = type;
        this.word = word;
    }

    static ColumnType of(String typeName) {
        return switch (typeName) {
            case "int2", "int4", "int8", "oid" -> INT;
            case "float4", "float8" -> DOUBLE;
            case "bool" -> BOOL;
            case "numeric" -> DECIMAL;
            case "timestamptz", "timestamp", "date" -> TIMESTAMP;
            case "bytea" -> BYTES;
            case "json", "jsonb" -> JSON;
            default -> STRING;
        };
    }

    private static boolean isArray(Column column) {
        return column.typeName().startsWith("_");
    }

    private static ColumnType ofElement(Column column) {
        return of(isArray(column) ? column.typeName().substring(1) : column.typeName());
    }

    /** Returns the type that expressions are checked with; one that allows null where the column does. */
    static CelType declared(Column column) {
        CelType element = ofElement(column).type;
        if (isArray(column)) {
            // CEL has no list that may be null
            return column.nullable() ? SimpleType.DYN : ListType.create(element);
        }
        return column.nullable() && !element.equals(SimpleType.DYN) ? NullableType.create(element) : element;
    }

    /** Returns the type's name for people. */
    static String word(Column column) {
        String element = ofElement(column).word;
        return (isArray(column) ? "list(" + element + ")" : element) + (column.nullable() ? " or null" : "");
    }

    /** Returns what expressions are given for a column's JSON value. */
    static Object read(Column column, byte[] bytes, int from, int length) {
        if (JsonValues.isNull(bytes, from, length)) {
            return NullValue.NULL_VALUE;
        }
        ColumnType type = ofElement(column);
        if (!isArray(column)) {
            return type.value(JsonValues.string(bytes, from, length));
        }
        return type.elements(MAPPER.readTree(bytes, from, length));
    }

    private Object elements(JsonNode node) {
        if (node.isNull()) {
            return NullValue.NULL_VALUE;
        }
        if (!node.isArray()) {
            return value(node.isString() ? node.stringValue() : node.toString());
        }
        List<Object> list = new ArrayList<>(node.size());
        node.forEach(element -> list.add(elements(element)));
        return list;
    }

    private Object value(String text) {
        return switch (this) {
            case INT -> Long.parseLong(text);
            case DOUBLE -> Double.parseDouble(text);
            case BOOL -> Boolean.parseBoolean(text);
            case DECIMAL -> Decimal.parse(text);
            case TIMESTAMP -> Moments.parse(text);
            case BYTES -> CelByteString.of(Base64.getDecoder().decode(text));
            case JSON -> json(text);
            case STRING -> text;
        };
    }

    private static Object json(String text) {
        try {
            return plain(MAPPER.readTree(text));
        } catch (JacksonException e) {
            // PostgreSQL takes some JSON that others do not
            return text;
        }
    }

    private static Object plain(JsonNode node) {
        if (node.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            node.properties().forEach(member -> map.put(member.getKey(), plain(member.getValue())));
            return map;
        }
        if (node.isArray()) {
            List<Object> list = new ArrayList<>(node.size());
            node.forEach(element -> list.add(plain(element)));
            return list;
        }
        if (node.isNull()) {
            return NullValue.NULL_VALUE;
        }
        if (node.isNumber()) {
            return node.isIntegralNumber() && node.canConvertToLong()
                    ? (Object) node.longValue()
                    : (Object) node.doubleValue();
        }
        return node.isBoolean() ? (Object) node.booleanValue() : node.stringValue();
    }
}
