package io.millrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PortsTests {

    @Test
    void documentedPortsAreTheDefault() {
        assertThat(Ports.DEFAULT).isEqualTo(new Ports(15432, 19092, 19200, 16379));
    }

    @Test
    void samePortForTwoServicesIsRefusedNamingBothOptions() {
        assertThatThrownBy(() -> Ports.DEFAULT.with(Service.REDIS, 15432))
                .hasMessageContaining("15432")
                .hasMessageContaining("--postgres-port")
                .hasMessageContaining("--redis-port");
    }

    @Test
    void numberThatIsNoPortIsRefused() {
        assertThatThrownBy(() -> Ports.DEFAULT.with(Service.KAFKA, 65_536))
                .hasMessageContaining("--kafka-port 65536 is not a port");
    }

    @Test
    void zeroBecomesDistinctFreePortsBelowTheEphemeralRange() {
        Ports resolved = PortCheck.resolve(Ports.FREE);
        assertThat(Stream.of(Service.values()).map(resolved::of))
                .doesNotHaveDuplicates()
                .allMatch(port -> port >= 20_000 && port < 32_768)
                .allMatch(PortCheck::isFree);
    }

    @Test
    void everyTakenPortIsNamedWithItsServiceAndOption() throws IOException {
        try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket second = new ServerSocket(0)) {
            Ports wanted = new Ports(0, 0, first.getLocalPort(), second.getLocalPort());
            assertThatThrownBy(() -> PortCheck.resolve(wanted))
                    .isInstanceOf(LocalStackException.class)
                    .hasMessageContaining("Port " + first.getLocalPort() + ", which Elasticsearch needs, is taken")
                    .hasMessageContaining("--elasticsearch-port")
                    .hasMessageContaining("Port " + second.getLocalPort() + ", which Redis needs, is taken")
                    .hasMessageContaining("--redis-port");
        }
    }
}
