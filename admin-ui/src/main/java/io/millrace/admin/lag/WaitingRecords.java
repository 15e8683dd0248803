package io.millrace.admin.lag;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/** Tells when the changes were committed that wait at given places in Kafka. */
interface WaitingRecords {

    /** A place in Kafka: the first record there, or behind it where it is gone. */
    record Place(TopicPartition partition, long offset) {}

    /** Returns the commit time of the record at each place, by the source's clock; places that did not answer in time are left out. */
    Map<Place, Instant> committedAt(Set<Place> places);
}
