package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.SinkBatch;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of the wish to have an effect.
 *
 * @param at {@link System#nanoTime} of before it was asked for: from then on it binds other workers at the least
 */
record Claim(Verdict verdict, long at) {

    /**
     * Marks what took place, and claims what comes next in its row. The claim of a process that stood still meanwhile is taken for
     * another's: by now it may be.
     */
    static Claim of(Guard guard, @Nullable Mark done, Mark next, EffectSink sink) {
        long asked = System.nanoTime();
        Verdict verdict = guard.pass(done, next);
        boolean stoodStill = System.nanoTime() - asked > sink.longestWrite().toNanos();
        return new Claim(verdict != Verdict.DONE && stoodStill ? Verdict.HELD : verdict, asked);
    }

    /** Returns what the sink is given; it sees to it that nothing is on its way when the claim is over. */
    SinkBatch batch(Change change) {
        return new SinkBatch(List.of(change), List.of(), verdict == Verdict.AGAIN, at);
    }

    /** Returns in words that another worker has it. */
    static String held(String sink) {
        return "Another worker gave a change of this row to " + sink
                + " a moment ago, and has not said what came of it: waiting until nothing of it can be on its way";
    }
}
