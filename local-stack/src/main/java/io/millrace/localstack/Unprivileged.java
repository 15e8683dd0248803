package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** How PostgreSQL and Elasticsearch, which refuse to run as root, are started by root. */
enum Unprivileged {
    /** We are not root: nothing to do. */
    AS_WE_ARE(""),
    /** Root shows itself under another number in a user namespace: no user to create, no files to give away. */
    USER_NAMESPACE("unshare --map-user=1000 --map-group=1000 --"),
    /** Where namespaces are forbidden, as in most containers: really another user, who then owns the files. */
    NOBODY("setpriv --reuid=65534 --regid=65534 --clear-groups --");

    private static final int NOBODY_UID = 65_534;

    private final String prefix;

    Unprivileged(String prefix) {
        this.prefix = prefix;
    }

    /** Finds out what this machine allows. */
    static Unprivileged detect() throws InterruptedException {
        try {
            if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                return AS_WE_ARE;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot find out whether this is root", e);
        }
        if (USER_NAMESPACE.works(List.of("true"))) {
            return USER_NAMESPACE;
        }
        return NOBODY;
    }

    List<String> prefix() {
        return prefix.isEmpty() ? List.of() : List.of(prefix.split(" ", -1));
    }

    /** Lets the service use a directory of its own. */
    void own(Path directory) throws InterruptedException {
        if (this == NOBODY) {
            Trees.giveTo(directory, NOBODY_UID);
            if (!works(List.of("test", "-x", directory.toString()))) {
                throw new LocalStackException(
                        "This is root, who may neither create a user namespace here nor let the user " + "nobody reach "
                                + directory + ": run as another user, or use a data directory outside of root's home");
            }
        }
    }

    private boolean works(List<String> command) throws InterruptedException {
        try {
            return new ProcessBuilder(Stream.concat(prefix().stream(), command.stream())
                                    .toList())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
