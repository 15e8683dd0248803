package io.millrace.sync.deadletter;

import io.millrace.catalog.LetterCauses;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is said of a record, as it may be kept by what is declared at that moment: the sink was given the record before, and a mask may have
 * been declared since.
 *
 * @param under the masks that the sink was given it under, as JSON; null for words that quote nothing of it
 */
record Said(
        String sink, String topic, String words, @Nullable String under) {

    /**
     * The beginning of a statement, with {@link #parameters} of its own: {@code said} has the words, what they were said under, and all
     * masks that are declared. A declaration waits until the statement is done, and so finds what it wrote; or it was first, and is in it.
     */
    static final String SQL = """
            WITH declared AS (SELECT coalesce((
                     SELECT b.shaping -> 'masks' FROM millrace.sink_binding b JOIN millrace.captured_table t ON t.id = b.table_id
                     WHERE b.sink = ? AND t.topic = ? FOR SHARE OF b), '{}') AS masks),
                 said AS (SELECT CASE WHEN (under @> masks) IS FALSE THEN '%s' ELSE words END AS words,
                                 CASE WHEN under @> masks THEN under END AS under, masks
                          FROM declared, (SELECT ?::text AS words, ?::jsonb AS under) AS given)
            """.formatted(LetterCauses.UNSAID);

    /** Returns the parameters of a statement that begins so, with those of its rest. */
    @Nullable
    Object[] parameters(@Nullable Object... rest) {
        List<@Nullable Object> all = new ArrayList<>(Arrays.asList(sink, topic, words.replace('\0', ' '), under));
        all.addAll(Arrays.asList(rest));
        return all.toArray();
    }
}
