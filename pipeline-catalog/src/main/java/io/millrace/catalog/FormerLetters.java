package io.millrace.catalog;

import io.millrace.catalog.Offsets.TopicPartitionId;
import java.util.Collection;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Sets dead letters apart whose topic was made anew: their offsets name other records now. They get negative ones, in their order, so that
 * they stand before whatever the topic holds: their rows' later changes wait for them as before, and what was discarded stays so.
 * Thread-safe.
 */
public final class FormerLetters {

    /** Below whatever any of them has, so that none gets an offset that another one still has. */
    private static final String SET_APART = """
            WITH former AS (
                SELECT id, least(min(record_offset) OVER (), 0) - row_number() OVER (ORDER BY record_offset DESC) AS place
                FROM millrace.dead_letter
                WHERE sink = ? AND topic = ? AND partition = ? AND (record_offset < 0 OR id <= ?))
            UPDATE millrace.dead_letter d SET record_offset = former.place FROM former WHERE d.id = former.id
            """;

    private final JdbcClient sql;

    /** Works on a migrated database. */
    public FormerLetters(JdbcTemplate template) {
        this.sql = JdbcClient.create(template);
    }

    /** Sets all letters of a sink in these partitions apart. */
    public void setApart(String sink, Collection<TopicPartitionId> partitions) {
        partitions.forEach(partition -> setApart(sink, partition, Long.MAX_VALUE));
    }

    /**
     * Sets those of a partition apart that are known to be of a former topic; later ones may be of the present one.
     *
     * @param last the id of the one that was kept last of them
     */
    public void setApart(String sink, TopicPartitionId partition, long last) {
        sql.sql(SET_APART)
                .params(sink, partition.topic(), partition.partition(), last)
                .update();
    }
}
