package io.millrace.admin.sinks;

import java.util.Collection;
import org.apache.kafka.common.TopicPartition;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Sets dead letters apart whose topic was made anew: their offsets name other records now. They get negative ones, in their order, so that
 * they stand before whatever the topic holds: their rows' later changes wait for them as before, and what was discarded stays so.
 */
@Component("adminFormerLetters")
class FormerLetters {

    /** By more than they are apart, so that none gets an offset that another one still has. */
    private static final String SET_APART = """
            WITH mine AS (SELECT id, record_offset FROM millrace.dead_letter WHERE sink = ? AND topic = ? AND partition = ?),
                 shift AS (SELECT greatest(max(record_offset), max(record_offset) - min(record_offset)) + 1 AS by FROM mine)
            UPDATE millrace.dead_letter d SET record_offset = d.record_offset - shift.by FROM mine, shift WHERE d.id = mine.id
            """;

    private final JdbcClient sql;

    FormerLetters(JdbcTemplate template) {
        this.sql = JdbcClient.create(template);
    }

    void setApart(String sink, Collection<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            sql.sql(SET_APART)
                    .params(sink, partition.topic(), partition.partition())
                    .update();
        }
    }
}
