package io.millrace.standalone;

import java.io.PrintStream;
import java.util.Locale;

/** Tells a person what happens, a line per step with the seconds since the command was given. Thread-safe. */
final class Steps {

    private final PrintStream out;
    private final long begin = System.nanoTime();

    @SuppressWarnings("SystemOut")
    Steps() {
        this(System.out);
    }

    Steps(PrintStream out) {
        this.out = out;
    }

    void step(String what) {
        out.println(String.format(Locale.ROOT, "%6.1f s  %s", seconds(), what));
    }

    void say(String line) {
        out.println(line);
    }

    double seconds() {
        return (System.nanoTime() - begin) / 1e9;
    }
}
