package io.millrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/** Finds out before anything starts whether every service can have its port. */
final class PortCheck {

    /**
     * Free ports come from below Linux' range of ephemeral ports (32768 and up). A client that keeps trying to reach a stopped
     * service on an ephemeral port can be given that very port for its own end, and then connects to itself.
     */
    private static final int LOWEST_FREE = 20_000;

    private static final int HIGHEST_FREE = 32_000;

    private PortCheck() {}

    /**
     * Replaces every 0 by a free port.
     *
     * @throws LocalStackException that names every port that somebody else holds
     */
    static Ports resolve(Ports wanted) {
        List<String> taken = Stream.of(Service.values())
                .filter(service -> wanted.of(service) != 0 && !isFree(wanted.of(service)))
                .map(service -> sentence(service, wanted.of(service)))
                .toList();
        if (!taken.isEmpty()) {
            throw new LocalStackException(String.join(System.lineSeparator(), taken));
        }
        Set<Integer> chosen = new HashSet<>();
        Ports resolved = wanted;
        for (Service service : Service.values()) {
            if (wanted.of(service) == 0) {
                resolved = resolved.with(service, free(chosen));
            }
            chosen.add(resolved.of(service));
        }
        return resolved;
    }

    static LocalStackException taken(Service service, int port) {
        return new LocalStackException(sentence(service, port));
    }

    private static String sentence(Service service, int port) {
        return "Port " + port + ", which " + service.displayName()
                + " needs, is taken by another program: stop that program, or choose another port with "
                + service.portOption() + ".";
    }

    /** A port that nobody holds now, other than those given. */
    static int free(Set<Integer> except) {
        for (int attempt = 0; attempt < 1_000; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST_FREE, HIGHEST_FREE);
            if (!except.contains(port) && isFree(port)) {
                return port;
            }
        }
        throw new LocalStackException("No free port between " + LOWEST_FREE + " and " + HIGHEST_FREE
                + ": name the ports with --postgres-port, --kafka-port, --elasticsearch-port and --redis-port");
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address(port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether somebody listens on the port. */
    static boolean isOpen(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(address(port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static InetSocketAddress address(int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
