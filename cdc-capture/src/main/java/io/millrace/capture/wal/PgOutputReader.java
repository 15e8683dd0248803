package io.millrace.capture.wal;

import io.millrace.event.TableId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads frames of pgoutput messages, protocol version 1
 * (https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html). Not thread-safe.
 */
public final class PgOutputReader {

    /** Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
    private static final long EPOCH_MICROS = 946_684_800_000_000L;

    private final WalHandler handler;
    private final Tuple before = new Tuple();
    private final Tuple after = new Tuple();

    public PgOutputReader(WalHandler handler) {
        this.handler = handler;
    }

    /** Hands every message of a frame to the handler, in order. */
    public void read(byte[] frame) {
        ByteBuffer in = ByteBuffer.wrap(frame);
        while (in.hasRemaining()) {
            int length = in.getInt();
            long lsn = in.getLong();
            int end = in.position() + length;
            message(in, frame, lsn);
            in.position(end);
        }
    }

    private void message(ByteBuffer in, byte[] frame, long lsn) {
        byte type = in.get();
        switch (type) {
            case 'I' -> {
                int relation = in.getInt();
                in.get();
                after.read(in, frame);
                handler.insert(relation, lsn, after);
            }
            case 'U' -> update(in, frame, lsn);
            case 'D' -> {
                int relation = in.getInt();
                char identity = (char) in.get();
                before.read(in, frame);
                handler.delete(relation, lsn, identity, before);
            }
            case 'B' -> handler.begin(in.getLong(), in.getLong() + EPOCH_MICROS, Integer.toUnsignedLong(in.getInt()));
            case 'C' -> {
                in.get();
                handler.commit(in.getLong(), in.getLong(), in.getLong() + EPOCH_MICROS);
            }
            case 'R' -> handler.relation(relation(in, frame));
            case 'T' -> truncate(in, lsn);
            case 'M' -> logicalMessage(in, frame);
            case Frame.CAUGHT_UP -> handler.caughtUp(lsn);
            case 'Y', 'O' -> {
                // types are looked up in the catalog; origins are of no concern here
            }
            default ->
                throw new IllegalStateException(
                        "PostgreSQL sent a pgoutput message of the unknown type '" + (char) type + "'");
        }
    }

    private void update(ByteBuffer in, byte[] frame, long lsn) {
        int relation = in.getInt();
        char kind = (char) in.get();
        char identity = 0;
        if (kind != 'N') {
            identity = kind;
            before.read(in, frame);
            in.get();
        }
        after.read(in, frame);
        handler.update(relation, lsn, identity, before, after);
    }

    private void truncate(ByteBuffer in, long lsn) {
        int[] relations = new int[in.getInt()];
        in.get();
        for (int i = 0; i < relations.length; i++) {
            relations[i] = in.getInt();
        }
        handler.truncate(relations, lsn);
    }

    private void logicalMessage(ByteBuffer in, byte[] frame) {
        boolean transactional = (in.get() & 1) == 1;
        long lsn = in.getLong();
        String prefix = string(in, frame);
        byte[] content = new byte[in.getInt()];
        in.get(content);
        handler.message(lsn, transactional, prefix, content);
    }

    private static Relation relation(ByteBuffer in, byte[] frame) {
        int id = in.getInt();
        String schema = string(in, frame);
        // pgoutput leaves the name of the system's own schema out
        TableId table = new TableId(schema.isEmpty() ? "pg_catalog" : schema, string(in, frame));
        char identity = (char) in.get();
        int count = in.getShort();
        List<Relation.Column> columns = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            boolean key = (in.get() & 1) == 1;
            columns.add(new Relation.Column(string(in, frame), key, Integer.toUnsignedLong(in.getInt()), in.getInt()));
        }
        return new Relation(id, table, identity, List.copyOf(columns));
    }

    private static String string(ByteBuffer in, byte[] frame) {
        int from = in.position();
        while (in.get() != 0) {
            // up to the terminating zero
        }
        return new String(frame, from, in.position() - 1 - from, StandardCharsets.UTF_8);
    }
}
