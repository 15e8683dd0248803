package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.LeftAloneException;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A sink of effects that takes rows by their names, and not those that a test says. */
final class EffectsInMemory implements EffectSink {

    /** Names, in the order in which they came. */
    final List<String> asked = new CopyOnWriteArrayList<>();

    final List<String> taken = new CopyOnWriteArrayList<>();
    /** What is done with a change of such a name; with all others nothing. */
    final Map<String, ErrorCategory> refused = new ConcurrentHashMap<>();

    volatile int mostAtOnce = 2;
    volatile boolean down;
    /** Changes of such a name it answers as if it took none, and wants to be left alone for so long. */
    final Map<String, Duration> saidOfAll = new ConcurrentHashMap<>();
    /** Is told each name before it is dealt with. */
    volatile Consumer<String> beside = name -> {};

    /** May refuse a change unasked. */
    volatile Before before = name -> {};

    interface Before {
        void ask(String name) throws SinkException;
    }

    volatile SinkBatch last;

    @Override
    public String name() {
        return "effects";
    }

    @Override
    public int mostAtOnce() {
        return mostAtOnce;
    }

    @Override
    public Duration longestWrite() {
        return Duration.ofMinutes(1);
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        last = batch;
        String name = nameOf(batch.changes().get(0).event());
        before.ask(name);
        asked.add(name);
        beside.accept(name);
        if (down) {
            throw SinkException.retryable("It is down", null);
        }
        Duration alone = saidOfAll.get(name);
        if (alone != null) {
            throw alone.isZero()
                    ? SinkException.retryable("No " + name, null)
                    : new LeftAloneException("No " + name, alone, true);
        }
        ErrorCategory category = refused.get(name);
        if (category != null) {
            return List.of(new Failure(0, category, "No " + name));
        }
        taken.add(name);
        return List.of();
    }

    private static String nameOf(ChangeEvent event) {
        return String.valueOf(event.after()).replaceAll(".*\"name\":\"([^\"]*)\".*", "$1");
    }

    @Override
    public void check() {}
}
