package io.millrace.benchmarks.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/** Where a process spent its time, from a recording of Java's flight recorder. */
record Profile(Path recording) {

    private static final int SHOWN = 25;

    /** Returns the options with which a process records itself. */
    List<String> javaOptions() {
        return List.of("-XX:StartFlightRecording=settings=profile,dumponexit=true,filename=" + recording);
    }

    /**
     * Returns a table for people: how many of a hundred samples each method has, and each class of ours or of a library with all that it
     * calls in the JDK.
     */
    String summary(Drain drain) throws IOException {
        Map<String, Integer> methods = new HashMap<>();
        Map<String, Integer> owners = new HashMap<>();
        Map<String, Integer> threads = new HashMap<>();
        int samples = 0;
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals("jdk.ExecutionSample") && event.getStackTrace() != null) {
                    List<RecordedFrame> frames = event.getStackTrace().getFrames();
                    samples++;
                    methods.merge(method(frames.get(0)), 1, Integer::sum);
                    owners.merge(owner(frames), 1, Integer::sum);
                    threads.merge(thread(event.getThread("sampledThread")), 1, Integer::sum);
                }
            }
        }
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "Capture with the flight recorder on: %,.0f events/s; CPU us/event: %.1f itself, %.1f the server process that sends,"
                        + " %.1f all of PostgreSQL, %.1f broker%n",
                drain.rate(),
                drain.each(drain.program()),
                drain.each(drain.walsender()),
                drain.each(drain.postgres()),
                drain.each(drain.broker())));
        text.append(String.format(Locale.ROOT, "%nThreads of the whole process, by the system's count, us/event%n"));
        drain.threads().entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(12)
                .forEach(thread -> text.append(
                        String.format(Locale.ROOT, "%7.2f  %s%n", drain.each(thread.getValue()), thread.getKey())));
        table(text, "Threads of Java's, % of " + samples + " samples", threads, samples);
        table(text, "Innermost class that is not the JDK's, %", owners, samples);
        table(text, "Innermost method, %", methods, samples);
        return text.toString();
    }

    private static void table(StringBuilder text, String title, Map<String, Integer> counts, int samples) {
        text.append(String.format(Locale.ROOT, "%n%s%n", title));
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
                .limit(SHOWN)
                .forEach(row -> text.append(
                        String.format(Locale.ROOT, "%6.1f  %s%n", 100.0 * row.getValue() / samples, row.getKey())));
    }

    private static String method(RecordedFrame frame) {
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }

    private static String owner(List<RecordedFrame> frames) {
        return frames.stream()
                .map(frame -> frame.getMethod().getType().getName())
                .filter(name -> Stream.of("java.", "jdk.", "sun.").noneMatch(name::startsWith))
                .findFirst()
                .orElse("JDK alone");
    }

    private static String thread(@Nullable RecordedThread thread) {
        String name = thread == null ? null : thread.getJavaName();
        return Objects.requireNonNullElse(name, "unknown").replaceAll("\\d+", "N");
    }

    void keep(Path file, String text) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
        Files.writeString(file, text);
    }
}
