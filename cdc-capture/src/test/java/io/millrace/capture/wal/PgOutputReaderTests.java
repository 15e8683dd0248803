package io.millrace.capture.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PgOutputReaderTests {

    private final List<String> seen = new ArrayList<>();
    private final Frame frame = new Frame();

    @Test
    void everyMessageOfAFrameIsHandledInOrder() {
        add(10, message('B').putLong(0x20).putLong(1_000_000).putInt(-1));
        add(
                0,
                text(text(message('R').putInt(7), "public"), "t")
                        .put((byte) 'd')
                        .putShort((short) 1)
                        .put((byte) 1)
                        .put("id\0".getBytes(StandardCharsets.UTF_8))
                        .putInt(23)
                        .putInt(-1));
        add(
                11,
                value(message('I').putInt(7).put((byte) 'N').putShort((short) 2), "42")
                        .put((byte) 'n'));
        add(
                12,
                value(
                                value(message('U').putInt(7).put((byte) 'K').putShort((short) 1), "1")
                                        .put((byte) 'N')
                                        .putShort((short) 2),
                                "2")
                        .put((byte) 'u'));
        add(13, value(message('D').putInt(7).put((byte) 'O').putShort((short) 1), "2"));
        add(14, message('T').putInt(1).put((byte) 0).putInt(7));
        add(
                15,
                text(message('M').put((byte) 0).putLong(15), "millrace.barrier")
                        .putInt(2)
                        .put(new byte[] {'h', 'i'}));
        add(16, message('C').put((byte) 0).putLong(0x20).putLong(0x30).putLong(1_000_000));
        frame.addCaughtUp(17);
        new PgOutputReader(new Recorder()).read(frame.take());
        assertThat(seen)
                .containsExactly(
                        "begin 32 946684801000000 4294967295",
                        "relation public.t d [Column[name=id, key=true, typeOid=23, typeModifier=-1]]",
                        "insert 7 at 11: 42 null",
                        "update 7 at 12 K: 1 -> 2 unchanged",
                        "delete 7 at 13 O: 2",
                        "truncate 7 at 14",
                        "message 15 false millrace.barrier hi",
                        "commit 32 48 946684801000000",
                        "caught up 17");
    }

    private static ByteBuffer message(char type) {
        return ByteBuffer.allocate(200).put((byte) type);
    }

    private static ByteBuffer text(ByteBuffer into, String text) {
        return into.put(text.getBytes(StandardCharsets.UTF_8)).put((byte) 0);
    }

    private static ByteBuffer value(ByteBuffer into, String text) {
        return into.put((byte) 't').putInt(text.length()).put(text.getBytes(StandardCharsets.UTF_8));
    }

    private void add(long lsn, ByteBuffer message) {
        frame.add(lsn, message.flip());
    }

    private final class Recorder implements WalHandler {

        @Override
        public void begin(long commitLsn, long committedMicros, long transactionId) {
            seen.add("begin " + commitLsn + " " + committedMicros + " " + transactionId);
        }

        @Override
        public void commit(long commitLsn, long endLsn, long committedMicros) {
            seen.add("commit " + commitLsn + " " + endLsn + " " + committedMicros);
        }

        @Override
        public void relation(Relation relation) {
            seen.add("relation " + relation.table() + " " + relation.identity() + " " + relation.columns());
        }

        @Override
        public void insert(int relation, long lsn, Tuple row) {
            seen.add("insert " + relation + " at " + lsn + ":" + values(row));
        }

        @Override
        public void update(int relation, long lsn, char identity, Tuple before, Tuple after) {
            seen.add("update " + relation + " at " + lsn + " " + identity + ":" + values(before) + " ->"
                    + values(after));
        }

        @Override
        public void delete(int relation, long lsn, char identity, Tuple before) {
            seen.add("delete " + relation + " at " + lsn + " " + identity + ":" + values(before));
        }

        @Override
        public void truncate(int[] relations, long lsn) {
            seen.add("truncate " + relations[0] + " at " + lsn);
        }

        @Override
        public void message(long lsn, boolean transactional, String prefix, byte[] content) {
            seen.add("message " + lsn + " " + transactional + " " + prefix + " "
                    + new String(content, StandardCharsets.UTF_8));
        }

        @Override
        public void caughtUp(long lsn) {
            seen.add("caught up " + lsn);
        }

        private static String values(Tuple row) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < row.count(); i++) {
                text.append(' ')
                        .append(
                                switch (row.kind(i)) {
                                    case Tuple.NULL -> "null";
                                    case Tuple.UNCHANGED -> "unchanged";
                                    default ->
                                        new String(row.data(), row.offset(i), row.length(i), StandardCharsets.UTF_8);
                                });
            }
            return text.toString();
        }
    }
}
