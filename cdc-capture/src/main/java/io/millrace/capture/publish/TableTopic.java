package io.millrace.capture.publish;

import io.micrometer.core.instrument.Counter;
import io.millrace.event.TableId;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.utils.Utils;

/**
 * A captured table and its topic. Used by the publishing thread of its source; {@link #keyColumns} may be read by any.
 *
 * @param id in the catalog
 * @param keyColumns in the key's order, as registered
 * @param marks how far each partition is
 * @param published counts changes and read rows
 */
public record TableTopic(
        long id, TableId table, String topic, List<String> keyColumns, PublishedMarks marks, Counter published) {

    int partitions() {
        return marks.partitions();
    }

    /** Returns where Kafka's own producers put this key; a record without a key is in partition 0, so that all are in order. */
    int partition(byte[] key) {
        return key.length == 0 ? 0 : Utils.toPositive(Utils.murmur2(key)) % partitions();
    }

    /** Compares by what the table is, not by how far it is. */
    @Override
    public String toString() {
        return table + " (" + topic + ", " + partitions() + " partitions, key " + Arrays.toString(keyColumns.toArray())
                + ")";
    }
}
