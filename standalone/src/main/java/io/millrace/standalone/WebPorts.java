package io.millrace.standalone;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import org.springframework.core.env.Environment;

/** Finds out before anything is started that a port of the web server is taken. */
final class WebPorts {

    private WebPorts() {}

    /**
     * @param settings what the command line, the environment and the files say together
     * @throws Refusal with the option that changes the port
     */
    static void requireFree(Environment settings) {
        int port = port(settings, "server.port", 8080);
        int managementPort = port(settings, "management.server.port", 8081);
        if (port != 0 && port == managementPort) {
            throw new Refusal("Port " + port
                    + " is given to both the web pages and the metrics: change --port or --management-port.");
        }
        require(port, "the web pages", "--port");
        require(managementPort, "health and metrics", "--management-port");
    }

    private static int port(Environment settings, String property, int usual) {
        String value = settings.getProperty(property, "").strip();
        try {
            int port = value.isEmpty() ? usual : Integer.parseInt(value);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Refusal(
                property + " is " + value + ": give a port, a number from 1 to 65535, or 0 for any free one.");
    }

    private static void require(int port, String need, String option) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(port));
        } catch (IOException e) {
            throw new Refusal(
                    "Port " + port + ", which " + need
                            + " need, is taken by another program: stop that program (./millrace status shows whether it is another"
                            + " Millrace), or choose another port with " + option + ".",
                    e);
        }
    }
}
