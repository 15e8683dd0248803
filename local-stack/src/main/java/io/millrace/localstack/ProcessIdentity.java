package io.millrace.localstack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One process and no other: the system gives a pid to somebody else after a while, but never with the same start time.
 *
 * @param pid the process id
 * @param startTicks clock ticks from the boot to its start, field 22 of {@code /proc/<pid>/stat} (proc(5)). The wall-clock start
 *     that Java answers is computed from the clock of the moment, so it moves when the clock is set
 */
record ProcessIdentity(long pid, long startTicks) {

    private static final int STATE = 0;
    private static final int THREADS = 17;
    private static final int START_TIME = 19;

    /** The living process with this pid; empty when there is none or it is only waiting to be reaped. */
    static Optional<ProcessIdentity> of(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // the program's name, in parentheses, may itself hold spaces and parentheses
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            // a dead main thread is a zombie already while the others still hold files and ports
            boolean ended =
                    fields[STATE].equals("X") || (fields[STATE].equals("Z") && Integer.parseInt(fields[THREADS]) <= 1);
            return ended ? Optional.empty() : Optional.of(new ProcessIdentity(pid, Long.parseLong(fields[START_TIME])));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    boolean isAlive() {
        return of(pid).filter(this::equals).isPresent();
    }

    Stream<ProcessIdentity> descendants() {
        return isAlive()
                ? ProcessHandle.of(pid).stream()
                        .flatMap(ProcessHandle::descendants)
                        .flatMap(handle -> of(handle.pid()).stream())
                : Stream.empty();
    }

    void kill() {
        if (isAlive()) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    /** Sends a signal by its name without SIG; does nothing when the process is gone. */
    void signal(String name) {
        if (isAlive()) {
            try {
                // the shell's own: a small machine has no program of that name (Debian's is in procps)
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new LocalStackException("Cannot run sh, which sends signals", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits for the end even when interrupted: who stops a service wants it stopped. */
    boolean awaitEnd(Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        boolean interrupted = false;
        while (isAlive() && System.nanoTime() < deadline) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return !isAlive();
    }
}
