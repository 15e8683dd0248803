package io.millrace.admin.deadletters;

import io.millrace.admin.web.Problem;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * What people decide about dead letters. A retry is asked for here and done by the worker that has the record's partition, which notices
 * within half a second; a sink compares versions or event ids, so a retry never overwrites newer state. Where order counts, a letter behind
 * an open one of its row is WAITING again then. What is discarded while it is on its way, and taken, is RETRIED all the same: the worker has
 * the last word on what the sink has.
 */
@Component("adminDeadLetterDecisions")
class Decisions {

    private static final Logger log = LoggerFactory.getLogger(Decisions.class);
    private static final int SHORTEST_REASON = 3;
    private static final int LONGEST_REASON = 2000;

    private static final String RETRY =
            "UPDATE millrace.dead_letter SET state = 'RETRYING', decided_by = ?, decided_at = now(), reason = NULL WHERE state = 'OPEN' AND ";
    private static final String DISCARD =
            "UPDATE millrace.dead_letter SET state = 'DISCARDED', decided_by = ?, decided_at = now(), reason = ? WHERE ";

    private final JdbcClient sql;
    private final DeadLetters letters;
    private final LetterMasks masks;

    Decisions(JdbcTemplate template, DeadLetters letters, LetterMasks masks) {
        this.sql = JdbcClient.create(template);
        this.letters = letters;
        this.masks = masks;
    }

    DeadLetter retry(long id, String by) {
        DeadLetter letter = letters.find(id);
        int count = sql.sql(RETRY + "id = ?").params(by, id).update();
        if (count == 0) {
            throw refused(letters.find(id), letter, "retried");
        }
        log.info("Dead letter {} is retried, as {} asked", id, by);
        return letters.find(id);
    }

    /** Retries all open ones that match; returns how many. */
    int retryAll(LetterFilter filter, String by) {
        // how many match must not tell what is masked
        masks.apply();
        LetterFilter.Where where = filter.where();
        List<Object> values = new ArrayList<>();
        values.add(by);
        values.addAll(where.values());
        int count = sql.sql(RETRY + where.sql()).params(values).update();
        log.info("{} dead letters are retried, as {} asked", count, by);
        return count;
    }

    DeadLetter discard(long id, @Nullable String reason, String by) {
        String given = checked(reason);
        DeadLetter letter = letters.find(id);
        int count = sql.sql(DISCARD + "state IN ('OPEN', 'WAITING', 'RETRYING') AND id = ?")
                .params(by, given, id)
                .update();
        if (count == 0) {
            throw refused(letters.find(id), letter, "discarded");
        }
        log.info("Dead letter {} was discarded by {}", id, by);
        return letters.find(id);
    }

    /** Discards all open ones that match; returns how many. */
    int discardAll(LetterFilter filter, @Nullable String reason, String by) {
        String given = checked(reason);
        // how many match must not tell what is masked
        masks.apply();
        LetterFilter.Where where = filter.where();
        List<Object> values = new ArrayList<>(List.of(by, given));
        values.addAll(where.values());
        int count = sql.sql(DISCARD + "state = 'OPEN' AND " + where.sql())
                .params(values)
                .update();
        log.info("{} dead letters were discarded by {}", count, by);
        return count;
    }

    private static String checked(@Nullable String reason) {
        String given = reason == null ? "" : reason.strip();
        if (given.length() < SHORTEST_REASON || given.length() > LONGEST_REASON) {
            throw Problem.badRequest("A discard needs a reason of " + SHORTEST_REASON + " to " + LONGEST_REASON
                    + " characters: it is kept with the dead letter, for whoever asks later where the change went.");
        }
        return given;
    }

    private Problem refused(DeadLetter now, DeadLetter seen, String what) {
        DeadLetter before = now.state().equals("WAITING") ? letters.before(seen) : null;
        return new Problem(
                HttpStatus.CONFLICT,
                "Not in this state",
                "Dead letter " + now.id() + " is " + now.word() + " and cannot be " + what + ". "
                        + (before == null
                                ? now.meaning()
                                : "It waits behind " + before.id()
                                        + ", an earlier change of the same row: retry or discard that."));
    }
}
