package io.millrace.capture;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a local port that can fall silent: nothing passes any more, and nobody is told. */
final class Wire implements AutoCloseable {

    private final int to;
    private final ServerSocket entry;
    private final List<Socket> ends = new CopyOnWriteArrayList<>();
    private volatile int silences;
    private volatile boolean silent;

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
        silences++;
        silent = true;
    }

    /** Who comes from now on is connected. */
    void mend() {
        silent = false;
    }

    private void accept() {
        try {
            while (true) {
                Socket near = entry.accept();
                ends.add(near);
                if (!silent) {
                    Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
                    ends.add(far);
                    int born = silences;
                    run("wire-there", () -> carry(near, far, born));
                    run("wire-back", () -> carry(far, near, born));
                }
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void carry(Socket from, Socket into, int born) {
        byte[] some = new byte[8192];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = into.getOutputStream();
            int count = in.read(some);
            while (count >= 0 && born == silences) {
                out.write(some, 0, count);
                count = in.read(some);
            }
            if (born == silences) {
                from.close();
                into.close();
            }
        } catch (IOException gone) {
            close(into);
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
