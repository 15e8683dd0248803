package io.millrace.sync.delivery;

import io.millrace.sync.sink.LeftAloneException;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Deals with what a round of effects left in its lanes: dead letters, and rows and partitions that wait. */
final class LaneEnds {

    private final Faults faults;
    private final LoneRefusals refusals;

    LaneEnds(Faults faults, LoneRefusals refusals) {
        this.faults = faults;
        this.refusals = refusals;
    }

    /**
     * Deals with the first change of a lane, which is none that had its effect, and with those behind it. What is in the lane afterwards was
     * not done.
     *
     * @param fault why the first had none; null if it was not tried
     * @param untried why it was not, for people
     * @return whether the rest may be tried at once
     */
    boolean goesOn(Deque<Received> lane, EffectRound.@Nullable Fault fault, String untried, Outcome outcome) {
        Received first = lane.element();
        if (fault == null) {
            outcome.holdBack(first.partition(), untried);
            return false;
        }
        return switch (fault.category()) {
            case RETRYABLE, INCOMPLETE -> {
                if (fault.thrown() instanceof RuntimeException unexpected) {
                    faults.unexpected(first.partition(), first.record().offset(), unexpected, outcome);
                    yield false;
                }
                if (isOver(first, fault.thrown())) {
                    yield faults.late(first, fault.cause(), outcome) && behindLetter(lane, outcome);
                }
                outcome.holdBack(first.partition(), fault.cause());
                yield false;
            }
            case FATAL -> {
                faults.fatal(first.change().table(), fault.cause(), List.of(first), outcome);
                yield false;
            }
            case REJECTED ->
                faults.rejected(first, fault.cause(), fault.thrown(), outcome) && behindLetter(lane, outcome);
        };
    }

    /** An exception is the sink's, unless it is the change's all the same; of what was not asked nothing is known. */
    private boolean isOver(Received received, @Nullable Throwable thrown) {
        if (thrown == null) {
            return refusals.isOver(received);
        }
        boolean asked = !(thrown instanceof LeftAloneException left) || left.wasAsked();
        return asked && refusals.isOverThoughSaidOfAll(received);
    }

    /**
     * The first of the lane was kept. What is behind it waits for it as dead letters of its own; without a key it goes on, in its order, since
     * nothing tells whose changes they are: as letters, those behind them would overtake them.
     */
    private boolean behindLetter(Deque<Received> lane, Outcome outcome) {
        boolean keyless = lane.remove().event().key() == null;
        if (lane.isEmpty() || keyless) {
            return !lane.isEmpty();
        }
        if (faults.behind(List.copyOf(lane), outcome)) {
            lane.clear();
        }
        return false;
    }
}
