package io.millrace.benchmarks.sinks;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Changes of a table with many rows, the same each time they are made: full new states of 400 bytes, in transactions of 100.
 *
 * @param name of the table and its topic
 * @param changes how many
 * @param keys how many rows
 * @param skew 0 for rows drawn uniformly, else the exponent of Zipf's law
 */
record Workload(String name, int changes, int keys, double skew) {

    static final int ROW_BYTES = 400;
    static final String SOURCE = "shop";
    static final String SCHEMA = "public";

    private static final int TRANSACTION = 100;
    private static final long FIRST_LSN = 0x1_0000_0000L;
    private static final int LSN_STEP = 0x1C8;
    private static final int EPOCH = 1;

    /** One change. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Made(int number, int key, long lsn, String position, byte[] row) {

        /** What sinks of states take for the version. */
        long version() {
            return (long) EPOCH << 52 | lsn;
        }
    }

    String topic() {
        return SOURCE + "." + SCHEMA + "." + name;
    }

    /** Makes all changes, in order. */
    void each(Consumer<Made> consumer) {
        Random random = new Random(42);
        double[] distribution = skew == 0 ? null : zipf();
        for (int i = 0; i < changes; i++) {
            int key = distribution == null ? random.nextInt(keys) : draw(distribution, random.nextDouble());
            long lsn = FIRST_LSN + (long) i * LSN_STEP;
            long commit = FIRST_LSN + ((long) i / TRANSACTION + 1) * TRANSACTION * LSN_STEP;
            String position = String.format(Locale.ROOT, "%d-%016X-%08x", EPOCH, commit, i % TRANSACTION);
            consumer.accept(new Made(i, key, lsn, position, row(key, i)));
        }
    }

    /** Returns how many rows the changes touch. */
    int touched() {
        boolean[] seen = new boolean[keys];
        each(made -> seen[made.key()] = true);
        int count = 0;
        for (boolean one : seen) {
            count += one ? 1 : 0;
        }
        return count;
    }

    private double[] zipf() {
        double[] sums = new double[keys];
        double sum = 0;
        for (int rank = 0; rank < keys; rank++) {
            sum += 1 / Math.pow(rank + 1, skew);
            sums[rank] = sum;
        }
        for (int rank = 0; rank < keys; rank++) {
            sums[rank] /= sum;
        }
        return sums;
    }

    private static int draw(double[] distribution, double at) {
        int found = Arrays.binarySearch(distribution, at);
        return Math.min(found < 0 ? -found - 1 : found, distribution.length - 1);
    }

    private static byte[] row(int key, int number) {
        String start = "{\"id\":" + key + ",\"name\":\"Customer number " + key + "\",\"email\":\"customer" + key
                + "@example.org\",\"city\":\"Halifax\",\"price\":\"" + number % 1000 + ".50\",\"quantity\":"
                + number % 40
                + ",\"active\":true,\"changed_at\":\"2026-01-01T12:00:00.123456Z\",\"note\":\"" + number + " ";
        byte[] row = new byte[ROW_BYTES];
        Arrays.fill(row, (byte) 'n');
        byte[] begin = start.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(begin, 0, row, 0, begin.length);
        row[ROW_BYTES - 2] = '"';
        row[ROW_BYTES - 1] = '}';
        return row;
    }

    /** The table's columns as the catalog keeps them. */
    static String columns() {
        return "["
                + String.join(
                        ",",
                        column("id", "bigint", "int8", 20),
                        column("name", "text", "text", 25),
                        column("email", "text", "text", 25),
                        column("city", "text", "text", 25),
                        column("price", "numeric(12,2)", "numeric", 1700),
                        column("quantity", "integer", "int4", 23),
                        column("active", "boolean", "bool", 16),
                        column("changed_at", "timestamp with time zone", "timestamptz", 1184),
                        column("note", "text", "text", 25))
                + "]";
    }

    private static String column(String name, String type, String typeName, int oid) {
        return "{\"name\":\"%s\",\"type\":\"%s\",\"typeName\":\"%s\",\"oid\":%d,\"nullable\":true}"
                .formatted(name, type, typeName, oid);
    }
}
