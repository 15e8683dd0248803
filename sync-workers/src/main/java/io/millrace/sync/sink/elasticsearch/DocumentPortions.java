package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.elasticsearch.HeldDocuments.Held;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads documents with their sources, some at a time, so that rows of megabytes fit into the heap as small ones do. Learns from all that
 * it reads how many are some; confined to one thread.
 */
final class DocumentPortions {

    /** The most that an answer to a question about several documents may have; a single one is read however large it is. */
    private static final int LIMIT = 16 << 20;

    private final HeldDocuments documents;
    private final PortionSize size = new PortionSize();

    /** Takes some documents. */
    interface Reader<E extends Exception> {

        /**
         * Takes the documents under these ids that exist, by id.
         *
         * @param held of each index, in the order in which they were named and read
         */
        void read(List<String> ids, List<Map<String, Held>> held) throws SinkException, E;
    }

    DocumentPortions(HeldDocuments documents) {
        this.documents = documents;
    }

    /** Reads the documents under these ids out of each of these indexes, in real time. */
    <E extends Exception> void read(List<String> indexes, Collection<String> ids, Reader<E> reader)
            throws SinkException, E {
        List<String> left = List.copyOf(ids);
        while (!left.isEmpty()) {
            List<String> some = left.subList(0, Math.min(left.size(), size.documents()));
            List<Map<String, Held>> held = held(indexes, some);
            if (held.isEmpty()) {
                size.tooMany(some.size());
                continue;
            }
            reader.read(some, held);
            size.read(held.stream()
                    .flatMap(one -> one.values().stream())
                    .mapToLong(one -> one.row().size())
                    .max()
                    .orElse(0));
            left = left.subList(some.size(), left.size());
        }
    }

    /** Returns nothing where it is too much. */
    private List<Map<String, Held>> held(List<String> indexes, List<String> ids) throws SinkException {
        List<Map<String, Held>> held = new ArrayList<>(indexes.size());
        for (String index : indexes) {
            Optional<Map<String, Held>> read =
                    ids.size() == 1 ? Optional.of(documents.read(index, ids)) : documents.readUpTo(LIMIT, index, ids);
            if (read.isEmpty()) {
                return List.of();
            }
            held.add(read.get());
        }
        return held;
    }
}
