package io.millrace.sync.delivery;

import io.millrace.event.ChangeEvent;
import io.millrace.event.Operation;
import io.millrace.event.Row;
import io.millrace.sync.sink.Change;
import io.millrace.sync.sink.EffectSink;
import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.Failure;
import io.millrace.sync.sink.Sink;
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
import java.util.concurrent.CountDownLatch;

/** A sink in memory that refuses what a test says. What it holds survives a restart of the workers. */
class SteerableSink implements Sink {

    private record State(long version, Row row) {}

    private static final Map<String, Map<String, State>> STATES = new HashMap<>();
    private static final Map<String, List<String>> EFFECTS = new HashMap<>();
    private static final Map<String, ErrorCategory> REFUSED = new HashMap<>();
    private static final Map<String, Runnable> WHEN_TAKEN = new HashMap<>();
    private static final Set<String> ERRORS = new HashSet<>();

    private static final Set<String> BROKEN = new HashSet<>();
    private static volatile String hangsAt;
    private static volatile CountDownLatch released = new CountDownLatch(0);
    private static volatile boolean hanging;

    private final String name;
    private final SinkKind kind;

    SteerableSink(String name, SinkKind kind) {
        this.name = name;
        this.kind = kind;
    }

    /** One of effects, that takes them as they come. */
    static final class OfEffects extends SteerableSink implements EffectSink {

        OfEffects(String name) {
            super(name, SinkKind.EFFECT);
        }

        @Override
        public SinkKind kind() {
            return SinkKind.EFFECT;
        }

        @Override
        public int mostAtOnce() {
            return 4;
        }

        @Override
        public Duration longestWrite() {
            return Duration.ofSeconds(1);
        }
    }

    /** Refuses rows that hold this text; null takes them again. */
    static void refuse(String text, ErrorCategory category) {
        synchronized (STATES) {
            if (category == null) {
                REFUSED.remove(text);
            } else {
                REFUSED.put(text, category);
            }
        }
    }

    /** Runs this when a row that holds this text has been taken; null for nothing. */
    static void whenTaken(String text, Runnable then) {
        synchronized (STATES) {
            if (then == null) {
                WHEN_TAKEN.remove(text);
            } else {
                WHEN_TAKEN.put(text, then);
            }
        }
    }

    private static void taken(Change change) {
        List<Runnable> then;
        synchronized (STATES) {
            String text = String.valueOf(change.event().after());
            then = WHEN_TAKEN.entrySet().stream()
                    .filter(entry -> text.contains(entry.getKey()))
                    .map(Map.Entry::getValue)
                    .toList();
        }
        then.forEach(Runnable::run);
    }

    /** Throws an Error at rows that hold this text, or no longer. */
    static void throwErrorAt(String text, boolean on) {
        synchronized (STATES) {
            if (on) {
                ERRORS.add(text);
            } else {
                ERRORS.remove(text);
            }
        }
    }

    /** Throws what no sink is meant to throw at rows that hold this text, or no longer. */
    static void breakAt(String text, boolean on) {
        synchronized (STATES) {
            if (on) {
                BROKEN.add(text);
            } else {
                BROKEN.remove(text);
            }
        }
    }

    /** Sinks of states do not return from a write of rows that hold this text, until they are released. */
    static void hangAt(String text) {
        released = new CountDownLatch(1);
        hangsAt = text;
    }

    static void release() {
        hangsAt = null;
        released.countDown();
    }

    static boolean hangs() {
        return hanging;
    }

    private static void hang(SinkBatch batch) {
        String text = hangsAt;
        if (text != null
                && batch.changes().stream()
                        .anyMatch(
                                change -> String.valueOf(change.event().after()).contains(text))) {
            hanging = true;
            boolean interrupted = false;
            while (released.getCount() > 0) {
                try {
                    released.await();
                } catch (InterruptedException e) {
                    // as a call that does not heed it
                    interrupted = true;
                }
            }
            hanging = false;
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns a row as JSON, or null. */
    static String row(String table, String key) {
        synchronized (STATES) {
            State state = STATES.getOrDefault(table, Map.of()).get(key);
            return state == null || state.row() == null ? null : state.row().toString();
        }
    }

    /** Returns the effects of a table in their order: operation, key, row. */
    static List<String> effects(String table) {
        synchronized (STATES) {
            return List.copyOf(EFFECTS.getOrDefault(table, List.of()));
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public SinkKind kind() {
        return kind;
    }

    @Override
    public List<Failure> write(SinkBatch batch) throws SinkException {
        if (kind == SinkKind.STATE) {
            hang(batch);
        }
        List<Failure> failures = new ArrayList<>();
        for (int i = 0; i < batch.changes().size(); i++) {
            ErrorCategory refused;
            synchronized (STATES) {
                refused = refusal(batch.changes().get(i).event());
            }
            if (refused != null) {
                failures.add(new Failure(i, refused, "The test refuses it"));
            } else if (kind == SinkKind.EFFECT) {
                act(batch.changes().get(i));
            } else {
                hold(batch.changes().get(i));
                taken(batch.changes().get(i));
            }
        }
        return failures;
    }

    private static ErrorCategory refusal(ChangeEvent event) {
        String text = String.valueOf(event.after());
        if (ERRORS.stream().anyMatch(text::contains)) {
            throw new AssertionError("The test wants an Error");
        }
        if (BROKEN.stream().anyMatch(text::contains)) {
            throw new IllegalStateException("The test breaks it");
        }
        return REFUSED.entrySet().stream()
                .filter(entry -> text.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }

    private static void act(Change change) {
        ChangeEvent event = change.event();
        synchronized (STATES) {
            EFFECTS.computeIfAbsent(event.table().table(), table -> new ArrayList<>())
                    .add(event.operation().word() + " " + event.key() + " " + event.after());
        }
    }

    private static void hold(Change change) {
        ChangeEvent event = change.event();
        synchronized (STATES) {
            Map<String, State> rows = STATES.computeIfAbsent(event.table().table(), table -> new HashMap<>());
            if (event.operation() == Operation.TRUNCATE) {
                rows.replaceAll((key, held) ->
                        held.version() < event.rowVersion() ? new State(event.rowVersion(), null) : held);
                return;
            }
            String key = String.valueOf(event.key());
            State held = rows.get(key);
            if (held != null && held.version() >= event.rowVersion()) {
                return;
            }
            Row after = event.after();
            if (after != null && !event.unavailable().isEmpty()) {
                after = held == null || held.row() == null
                        ? after.without(event.unavailable())
                        : after.withValuesFrom(held.row(), event.unavailable());
            }
            rows.put(key, new State(event.rowVersion(), after));
        }
    }

    @Override
    public void check() {}
}
