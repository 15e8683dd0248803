package io.millrace.localstack;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A Redis that keeps its data over a restart. */
final class RedisServer implements Server {

    private final Path home;
    private final int port;
    private final ServicesDirectory services;
    private Path binary = Path.of("");

    RedisServer(Path home, int port, ServicesDirectory services) {
        this.home = home;
        this.port = port;
        this.services = services;
    }

    @Override
    public void prepare(Workshop workshop) throws IOException {
        binary = services.redis(workshop::say);
        Files.createDirectories(home.resolve("data"));
        Files.writeString(home.resolve("redis.conf"), """
                bind 127.0.0.1
                port %d
                dir "%s"
                daemonize no
                appendonly yes
                appendfsync everysec
                # the append-only file says all: no second copy, whose failure would make Redis refuse writes
                save ""
                """.formatted(port, home.resolve("data")));
    }

    @Override
    public List<String> command() {
        return List.of(binary.toString(), home.resolve("redis.conf").toString());
    }

    /** PONG comes once the data are loaded; before, Redis answers LOADING. */
    @Override
    public boolean answers() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(PortCheck.address(port), 3_000);
            socket.setSoTimeout(3_000);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII).equals("+PONG\r\n");
        }
    }
}
