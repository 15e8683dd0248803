package io.millrace.sync.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.catalog.Offsets.Advance;
import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.SinkBatch;
import io.millrace.sync.sink.SinkException;
import io.millrace.sync.sink.SinkKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Keeps what it is given by name, and refuses names by category; as a whole, as logs do, or by item. */
final class RecordingSink implements EffectSink {

    SinkKind kind = SinkKind.STATE;
    final Map<String, ErrorCategory> refused = new HashMap<>();
    /** Whether it refuses a batch for one change of it; a log always does. */
    boolean asWhole;
    /** Names at which it throws what no sink is meant to throw. */
    final Set<String> breaking = new HashSet<>();
    /** What happens while it has an effect. */
    Runnable beside = () -> {};

    final List<List<String>> batches = new CopyOnWriteArrayList<>();
    /** Effects that it was told may have taken place. */
    final List<String> again = new CopyOnWriteArrayList<>();
    /** Next offsets of the batches, of a log. */
    final List<Long> steps = new ArrayList<>();

    final AtomicInteger asked = new AtomicInteger();

    @Override
    public String name() {
        return "recorder";
    }

    @Override
    public SinkKind kind() {
        return kind;
    }

    @Override
    public int mostAtOnce() {
        return 3;
    }

    @Override
    public Duration longestWrite() {
        return Duration.ofSeconds(1);
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        if (kind == SinkKind.EFFECT) {
            assertThat(batch.changes()).hasSize(1);
            if (batch.repeats()) {
                again.add(nameOf(batch.changes().get(0).event()));
            }
            beside.run();
        }
        asked.incrementAndGet();
        batch.changes().stream()
                .map(change -> nameOf(change.event()))
                .filter(breaking::contains)
                .forEach(name -> {
                    throw new IllegalStateException("Broken at " + name);
                });
        List<Failure> failures = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < batch.changes().size(); i++) {
            String name = nameOf(batch.changes().get(i).event());
            ErrorCategory category = refused.get(name);
            if (category == null) {
                names.add(name);
            } else if (asWhole || kind == SinkKind.LOG) {
                throw new SinkException(category, "No " + name, null);
            } else {
                failures.add(new Failure(i, category, "No " + name));
            }
        }
        if (kind != SinkKind.EFFECT || !names.isEmpty()) {
            batches.add(names);
        }
        batch.steps().stream().map(Advance::nextOffset).forEach(steps::add);
        return failures;
    }

    @Override
    public void check() {}

    List<String> all() {
        return batches.stream().flatMap(List::stream).toList();
    }

    private static String nameOf(ChangeEvent event) {
        String after = String.valueOf(event.after());
        return event.operation() == Operation.TRUNCATE
                ? "truncate"
                : event.after() == null ? "delete" : after.replaceAll(".*\"name\":\"([^\"]*)\".*", "$1");
    }
}
