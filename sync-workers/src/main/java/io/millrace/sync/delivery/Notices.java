package io.millrace.sync.delivery;

import io.millrace.catalog.DeliveryOffset;
import io.millrace.sync.deadletter.Standing;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * What people asked of one sink, as the catalog has it.
 *
 * @param rewinds how often it was rewound in a partition
 * @param due partitions with dead letters to be given to it again
 * @param unsettled how many dead letters it has that are not settled
 */
record Notices(Map<TopicPartition, Integer> rewinds, Set<TopicPartition> due, long unsettled) {

    static final Notices NONE = new Notices(Map.of(), Set.of(), 0);

    static Notices of(String sink, List<DeliveryOffset> rewound, List<Standing> standing) {
        Map<TopicPartition, Integer> rewinds = new HashMap<>();
        rewound.stream()
                .filter(offset -> offset.sink().equals(sink))
                .forEach(offset ->
                        rewinds.put(new TopicPartition(offset.topic(), offset.partition()), offset.rewinds()));
        Set<TopicPartition> due = new HashSet<>();
        long unsettled = 0;
        for (Standing one : standing) {
            if (one.sink().equals(sink)) {
                unsettled += one.letters();
                if (one.due()) {
                    due.add(one.partition());
                }
            }
        }
        return new Notices(Map.copyOf(rewinds), Set.copyOf(due), unsettled);
    }
}
