package io.millrace.capture.value;

import io.millrace.catalog.preflight.SourceType;

/** Chooses how values of a type are written. */
public final class ValueEncoders {

    private static final ValueEncoder TEXT = (text, offset, length, out) -> out.string(text, offset, length);

    private ValueEncoders() {}

    /** Returns the encoder of a type; what has no JSON form of its own is written as PostgreSQL's text. */
    public static ValueEncoder of(SourceType type) {
        SourceType element = type.element();
        if (element != null) {
            // an element that is an array itself, which only a domain makes possible, is no further dimension: kept as
            // text
            return new ArrayEncoder(element.element() == null ? of(element) : TEXT, element.delimiter());
        }
        return switch (type.name()) {
            case "int2", "int4", "int8", "oid" -> (text, offset, length, out) -> out.raw(text, offset, length);
            case "float4", "float8" -> ValueEncoders::floating;
            case "bool" -> ValueEncoders::bool;
            case "bytea" -> ValueEncoders::bytea;
            case "timestamp", "timestamptz" -> Timestamps::encode;
            default -> TEXT;
        };
    }

    private static void floating(byte[] text, int offset, int length, JsonBytes out) {
        byte last = text[offset + length - 1];
        // NaN, Infinity and -Infinity are no JSON numbers
        if (last == 'N' || last == 'y') {
            out.string(text, offset, length);
        } else {
            out.raw(text, offset, length);
        }
    }

    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
    private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};

    private static void bool(byte[] text, int offset, int length, JsonBytes out) {
        out.raw(text[offset] == 't' ? TRUE : FALSE);
    }

    private static void bytea(byte[] text, int offset, int length, JsonBytes out) {
        // bytea_output=hex: \x before the digits
        out.base64OfHex(text, offset + 2, length - 2);
    }
}
