package io.millrace.standalone;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Finds out before anything is started that a port of the web server is taken. */
final class WebPorts {

    private WebPorts() {}

    /** @throws Refusal with the option that changes the port */
    static void requireFree(int port, int managementPort) {
        if (port != 0 && port == managementPort) {
            throw new Refusal("Port " + port
                    + " is given to both the web pages and the metrics: change --port or --management-port.");
        }
        require(port, "the web pages", "--port");
        require(managementPort, "health and metrics", "--management-port");
    }

    private static void require(int port, String need, String option) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
        } catch (IOException | IllegalArgumentException e) {
            throw new Refusal(
                    "Port " + port + " for " + need
                            + " is taken or cannot be used: stop what listens there, or choose another with " + option
                            + " (./millrace status shows whether it is another Millrace).",
                    e);
        }
    }
}
