package io.millrace.e2e;

import io.millrace.event.TableId;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Values of PostgreSQL's types as the text that their input functions take. The same seed gives the same values. */
final class RandomValues {

    /**
     * A type and how a value of it is made.
     *
     * @param baseType domains resolved
     */
    record Type(String sql, String baseType, Function<RandomValues, String> maker) {

        Type array() {
            return new Type(sql + "[]", baseType + "[]", values -> values.array(this));
        }
    }

    static final List<String> SETUP = List.of(
            "CREATE EXTENSION IF NOT EXISTS hstore",
            "CREATE EXTENSION IF NOT EXISTS citext",
            "CREATE EXTENSION IF NOT EXISTS ltree",
            "CREATE TYPE r_mood AS ENUM ('happy', 'so so', 'it''s, \"complicated\"')",
            "CREATE TYPE r_pair AS (a int, b text, c timestamptz, d bytea[])",
            "CREATE DOMAIN r_percent AS numeric(5,2) CHECK (value BETWEEN 0 AND 100)",
            "CREATE DOMAIN r_words AS text[]");

    static final List<Type> SCALARS = List.of(
            type("int2", v -> Short.toString((short) v.integer(16))),
            type("int4", v -> Integer.toString((int) v.integer(32))),
            type("int8", v -> Long.toString(v.integer(64))),
            type("oid", v -> Long.toString(v.integer(32) & 0xFFFF_FFFFL)),
            type("float4", v -> Float.toString(Float.intBitsToFloat((int) v.integer(32)))),
            type("float8", v -> Double.toString(Double.longBitsToDouble(v.integer(64)))),
            type("numeric", RandomValues::numeric),
            type("money", v -> new java.math.BigDecimal(BigInteger.valueOf(v.integer(64)), 2).toPlainString()),
            type("bool", v -> Boolean.toString(v.random.nextBoolean())),
            type("text", RandomValues::text),
            type("varchar(500)", v -> v.text()
                    .codePoints()
                    .limit(500)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString()),
            type("bpchar", RandomValues::text),
            type("citext", RandomValues::text),
            type("bytea", v -> "\\x" + v.hex(v.random.nextInt(40))),
            type("date", RandomValues::date),
            type("time", v -> v.time(true)),
            type("timetz", v -> v.time(true) + v.offset()),
            type("timestamp", v -> v.infinite(v::timestamp)),
            type(
                    "timestamptz",
                    v -> v.infinite(() -> v.era(v.year(), v.monthDay() + " " + v.time(false) + v.offset()))),
            type("interval", RandomValues::interval),
            type("uuid", v -> new java.util.UUID(v.integer(64), v.integer(64)).toString()),
            type("json", v -> v.json(3)),
            type("jsonb", v -> v.json(3)),
            type("bit(9)", v -> v.bits(9)),
            type("varbit", v -> v.bits(v.random.nextInt(100))),
            type("inet", v -> v.address() + (v.random.nextBoolean() ? "" : "/" + (8 + v.random.nextInt(24)))),
            type("cidr", v -> v.random.nextInt(256) + ".0.0.0/8"),
            type("macaddr", v -> v.hex(6)),
            type("macaddr8", v -> v.hex(8)),
            type(
                    "xml",
                    v -> "<a>"
                            + v.text()
                                    .codePoints()
                                    .filter(c -> Character.isLetterOrDigit(c))
                                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                            + "</a>"),
            type("point", v -> "(" + v.coordinate() + "," + v.coordinate() + ")"),
            type(
                    "box",
                    v -> "(" + v.coordinate() + "," + v.coordinate() + "),(" + v.coordinate() + "," + v.coordinate()
                            + ")"),
            type(
                    "pg_lsn",
                    v -> Long.toHexString(v.integer(32) & 0xFFFF_FFFFL) + "/"
                            + Long.toHexString(v.integer(32) & 0xFFFF_FFFFL)),
            type("int4range", v -> v.range(() -> Integer.toString(v.random.nextInt(1000)))),
            type("int4multirange", v -> IntStream.range(0, v.random.nextInt(4))
                    .mapToObj(i -> "[" + i * 10 + "," + (i * 10 + 5) + ")")
                    .collect(Collectors.joining(",", "{", "}"))),
            type(
                    "tstzrange",
                    v -> "[\"" + v.plainTimestamp(1000) + v.offset() + "\",\"" + v.plainTimestamp(3000) + v.offset()
                            + "\")"),
            type("hstore", v -> quoted(v.text()) + "=>" + (v.random.nextBoolean() ? "NULL" : quoted(v.text()))),
            type("ltree", v -> "a" + v.random.nextInt(100) + ".b_" + v.random.nextInt(9)),
            type("r_mood", v -> v.oneOf("happy", "so so", "it's, \"complicated\"")),
            type(
                    "r_pair",
                    v -> "(" + (int) v.integer(32) + "," + quoted(v.text()) + ",\""
                            + v.plainTimestamp(1 + v.random.nextInt(9000)) + v.offset() + "\",\"{\"\"\\\\\\\\x"
                            + v.hex(3) + "\"\",NULL}\")"),
            new Type("r_percent", "numeric", v -> v.random.nextInt(100) + "." + v.random.nextInt(10)),
            new Type("r_words", "text[]", v -> v.array(type("text", RandomValues::text))));

    private final Random random;

    RandomValues(long seed) {
        this.random = new Random(seed);
    }

    private static Type type(String sql, Function<RandomValues, String> maker) {
        return new Type(sql, sql.replaceAll("\\(.*", ""), maker);
    }

    /** Returns a value, or null for NULL in one case of eight. */
    String of(Type type) {
        return random.nextInt(8) == 0 ? null : type.maker().apply(this);
    }

    /** All magnitudes are as likely, and the ends are. */
    private long integer(int bits) {
        long any = random.nextLong() >> random.nextInt(64);
        long end = random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE;
        return (random.nextInt(10) == 0 ? end >> (64 - bits) : any << (64 - bits) >> (64 - bits));
    }

    private String numeric() {
        if (random.nextInt(10) == 0) {
            return oneOf("NaN", "Infinity", "-Infinity", "0", "0.000", "-0.10");
        }
        String digits = new BigInteger(1 + random.nextInt(400), random).toString();
        return (random.nextBoolean() ? "-" : "")
                + digits
                + (random.nextBoolean() ? "" : "." + new BigInteger(1 + random.nextInt(200), random));
    }

    private String text() {
        int[] awkward = {
            '"', '\'', '\\', '{', '}', ',', '\n', '\r', '\t', 1, 0x7F, 0x85, 0x2028, 0x1F600, 0xFFFF, 0x10FFFF, ' ',
            'N', '%', '(', ')'
        };
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            int point = random.nextBoolean() ? awkward[random.nextInt(awkward.length)] : 1 + random.nextInt(0x10FFFF);
            text.appendCodePoint(point >= 0xD800 && point < 0xE000 ? 'x' : point);
        }
        return random.nextInt(12) == 0 ? oneOf("", "NULL", "null", "{}", "\\", "\"") : text.toString();
    }

    private String hex(int bytes) {
        byte[] content = new byte[bytes];
        random.nextBytes(content);
        return java.util.HexFormat.of().formatHex(content);
    }

    private String bits(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> random.nextBoolean() ? "1" : "0")
                .collect(Collectors.joining());
    }

    private int year() {
        return random.nextInt(6) == 0
                ? -1 - random.nextInt(4700)
                : random.nextInt(6) == 0 ? 10_000 + random.nextInt(280_000) : 1 + random.nextInt(9999);
    }

    private String monthDay() {
        return String.format("-%02d-%02d", 1 + random.nextInt(12), 1 + random.nextInt(28));
    }

    private String era(int year, String rest) {
        return String.format("%04d%s%s", Math.abs(year), rest, year < 0 ? " BC" : "");
    }

    private String date() {
        return infinite(() -> era(year(), monthDay()));
    }

    private String infinite(Supplier<String> finite) {
        return random.nextInt(12) == 0 ? oneOf("infinity", "-infinity") : finite.get();
    }

    private String timestamp() {
        return era(year(), monthDay() + " " + time(false));
    }

    private String plainTimestamp(int year) {
        return era(year, monthDay() + " " + time(false));
    }

    private String time(boolean end) {
        if (end && random.nextInt(12) == 0) {
            return "24:00:00";
        }
        return String.format("%02d:%02d:%02d", random.nextInt(24), random.nextInt(60), random.nextInt(60))
                + (random.nextBoolean() ? "" : "." + (1 + random.nextInt(999_999)));
    }

    private String offset() {
        return (random.nextBoolean() ? "+" : "-")
                + String.format(
                        "%02d:%02d:%02d",
                        random.nextInt(15), random.nextInt(60), random.nextInt(4) == 0 ? random.nextInt(60) : 0);
    }

    private String interval() {
        return infinite(() -> (random.nextInt(2000) - 1000) + " years " + (random.nextInt(24) - 12) + " mons "
                + (random.nextInt(800) - 400) + " days " + (random.nextInt(1_000_000) - 500_000) + "."
                + random.nextInt(1_000_000) + " seconds");
    }

    private String json(int depth) {
        return switch (random.nextInt(depth == 0 ? 4 : 6)) {
            case 0 -> oneOf("null", "true", "false");
            case 1 -> oneOf("0", "-1.50", "9007199254740993", "1e5", "123456789012345678901234567890.5");
            case 2, 3 -> jsonString(text());
            case 4 ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(i -> json(depth - 1))
                        .collect(Collectors.joining(", ", "[", "]"));
            default ->
                IntStream.range(0, random.nextInt(4))
                        .mapToObj(i -> jsonString("k" + random.nextInt(3)) + ":  " + json(depth - 1))
                        .collect(Collectors.joining(",", "{", "}"));
        };
    }

    private static String jsonString(String text) {
        return new String(tools.jackson.core.io.JsonStringEncoder.getInstance().quoteAsCharArray(text))
                .transform(inner -> '"' + inner + '"');
    }

    private String address() {
        return random.nextBoolean()
                ? random.nextInt(256) + "." + random.nextInt(256) + "." + random.nextInt(256) + "."
                        + random.nextInt(256)
                : "2001:db8::" + Integer.toHexString(random.nextInt(65536));
    }

    private String coordinate() {
        return oneOf("0", "-0.1", "1e-7", "1e300", "NaN", "Infinity", Double.toString(random.nextGaussian()));
    }

    private String range(Supplier<String> bound) {
        String low = bound.get();
        return random.nextInt(8) == 0
                ? "empty"
                : (random.nextBoolean() ? "[" : "(") + low + "," + (random.nextBoolean() ? "" : "9" + low)
                        + (random.nextBoolean() ? "]" : ")");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** An array of up to three dimensions, with NULLs, and now and then with bounds of its own. */
    private String array(Type element) {
        if (random.nextInt(8) == 0) {
            return "{}";
        }
        List<Integer> sizes = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            sizes.add(1 + random.nextInt(3));
        }
        String bounds = random.nextInt(6) > 0
                ? ""
                : sizes.stream()
                        .map(size -> {
                            int low = random.nextInt(9) - 4;
                            return "[" + low + ":" + (low + size - 1) + "]";
                        })
                        .collect(Collectors.joining("", "", "="));
        return bounds + dimension(element, sizes);
    }

    private String dimension(Type element, List<Integer> sizes) {
        String delimiter = element.sql().equals("box") ? ";" : ",";
        return IntStream.range(0, sizes.get(0))
                .mapToObj(i -> {
                    if (sizes.size() > 1) {
                        return dimension(element, sizes.subList(1, sizes.size()));
                    }
                    String value = of(element);
                    return value == null ? "NULL" : quoted(value);
                })
                .collect(Collectors.joining(delimiter, "{", "}"));
    }

    private String oneOf(String... values) {
        return values[random.nextInt(values.length)];
    }

    /** Returns the definition of a table with a column of every type and of its array. */
    static String table(String name, List<Type> types) {
        return "CREATE TABLE " + TableId.quote(name) + " (id int PRIMARY KEY, "
                + IntStream.range(0, types.size())
                        .mapToObj(i -> "c" + i + " " + types.get(i).sql())
                        .collect(Collectors.joining(", "))
                + ")";
    }

    static List<Type> all() {
        List<Type> types = new ArrayList<>(SCALARS);
        SCALARS.stream()
                .filter(type -> !type.baseType().endsWith("[]"))
                .map(Type::array)
                .forEach(types::add);
        return types;
    }
}
