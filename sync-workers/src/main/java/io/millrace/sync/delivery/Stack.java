package io.millrace.sync.delivery;

import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A stack trace for people, without messages: those may quote values, and the cause is told apart from it. */
final class Stack {

    private static final int FRAMES = 12;

    private Stack() {}

    static @Nullable String of(@Nullable Throwable thrown) {
        if (thrown == null) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        Set<Throwable> seen = new LinkedHashSet<>();
        for (Throwable one = thrown; one != null && seen.add(one); one = one.getCause()) {
            text.append(seen.size() == 1 ? "" : "Caused by: ")
                    .append(one.getClass().getName())
                    .append('\n');
            StackTraceElement[] frames = one.getStackTrace();
            for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
                text.append("    at ").append(frames[i]).append('\n');
            }
            if (frames.length > FRAMES) {
                text.append("    … ").append(frames.length - FRAMES).append(" more\n");
            }
        }
        return text.toString();
    }
}
