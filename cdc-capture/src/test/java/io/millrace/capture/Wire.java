package io.millrace.capture;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a local PostgreSQL that can fall silent: nothing passes any more, and nobody is told. */
final class Wire implements AutoCloseable {

    /** What connections of the replication protocol ask for, and no other. */
    static final String REPLICATION = "replication\0database";

    private final int to;
    private final ServerSocket entry;
    private final List<Socket> ends = new CopyOnWriteArrayList<>();
    private final List<Line> lines = new CopyOnWriteArrayList<>();
    private volatile String silenced;

    Wire(int to) throws IOException {
        this.to = to;
        this.entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        run("wire", this::accept);
    }

    private static void run(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    int port() {
        return entry.getLocalPort();
    }

    /** What is connected now hears nothing ever again, and who comes meanwhile neither. */
    void silence() {
        silence("");
    }

    /** Those hear nothing ever again, now or coming meanwhile, whose first message has this in it; the others go on. */
    void silence(String asked) {
        silenced = asked;
        lines.forEach(line -> line.silence(asked));
    }

    /** Who comes from now on is connected. */
    void mend() {
        silenced = null;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = entry.accept();
                ends.add(near);
                run("wire-there", () -> connect(near));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void connect(Socket near) {
        byte[] first = new byte[8192];
        try {
            int count = near.getInputStream().read(first);
            if (count < 0) {
                near.close();
                return;
            }
            Line line = new Line(new String(first, 0, count, StandardCharsets.ISO_8859_1));
            lines.add(line);
            String now = silenced;
            if (now != null) {
                line.silence(now);
            }
            if (!line.silent) {
                Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                ends.add(far);
                far.getOutputStream().write(first, 0, count);
                run("wire-back", () -> line.carry(far, near));
                line.carry(near, far);
            }
        } catch (IOException gone) {
            close(near);
        }
    }

    /** One connection, in both directions. */
    private static final class Line {

        private final String asked;
        private volatile boolean silent;

        Line(String asked) {
            this.asked = asked;
        }

        void silence(String some) {
            if (asked.contains(some)) {
                silent = true;
            }
        }

        void carry(Socket from, Socket into) {
            byte[] some = new byte[8192];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = into.getOutputStream();
                int count = in.read(some);
                while (count >= 0 && !silent) {
                    out.write(some, 0, count);
                    count = in.read(some);
                }
                if (!silent) {
                    from.close();
                    into.close();
                }
            } catch (IOException gone) {
                if (!silent) {
                    close(into);
                }
            }
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // then it is closed
        }
    }

    @Override
    public void close() throws IOException {
        entry.close();
        ends.forEach(Wire::close);
    }
}
