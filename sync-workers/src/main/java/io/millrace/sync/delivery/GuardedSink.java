package io.millrace.sync.delivery;

import io.millrace.sync.deduplication.Guard;
import io.millrace.sync.deduplication.Mark;
import io.millrace.sync.deduplication.Verdict;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.util.ArrayList;
import java.util.List;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** A sink of effects as one that may be given changes again, one after the other: so dead letters are retried. */
final class GuardedSink implements Sink {

    private final EffectSink sink;
    private final Guard guard;

    GuardedSink(EffectSink sink, Guard guard) {
        this.sink = sink;
        this.guard = guard;
    }

    @Override
    public String name() {
        return sink.name();
    }

    @Override
    public SinkKind kind() {
        return sink.kind();
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        List<Failure> failures = new ArrayList<>(0);
        try {
            guard.storeRest();
            for (int i = 0; i < batch.changes().size(); i++) {
                Change change = batch.changes().get(i);
                Mark mark = Mark.of(change.event());
                Claim claim = Claim.of(guard, null, mark, sink);
                if (claim.verdict() == Verdict.HELD) {
                    throw SinkException.retryable(Claim.held(name()), null);
                }
                if (claim.verdict() != Verdict.DONE) {
                    List<Failure> failed = sink.write(claim.batch(change));
                    if (failed.isEmpty()) {
                        guard.pass(mark, null);
                    } else {
                        failures.add(new Failure(
                                i, failed.get(0).category(), failed.get(0).cause()));
                    }
                }
            }
            return failures;
        } catch (DataAccessException | TransactionException e) {
            throw SinkException.retryable(EffectRound.unnoted(name(), e), e);
        }
    }

    @Override
    public void check() throws SinkException {
        try {
            // also while the sink is down, and nothing else comes for it
            guard.storeRest();
            sink.check();
            guard.done(List.of(), false);
        } catch (DataAccessException | TransactionException e) {
            throw SinkException.retryable("The platform database does not answer: " + e.getMessage(), e);
        }
    }
}
