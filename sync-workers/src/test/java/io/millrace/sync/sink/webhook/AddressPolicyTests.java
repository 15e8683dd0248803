package io.millrace.sync.sink.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPolicyTests {

    private final AddressPolicy policy = new AddressPolicy(List.of());

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, a loopback address",
        "127.255.255.254, a loopback address",
        "::1, a loopback address",
        "0.0.0.0, an address of this machine",
        "0.1.2.3, an address of this machine",
        "::, an address of this machine",
        "169.254.0.1, a link-local address",
        "169.254.169.254, a cloud's metadata service",
        "169.254.170.2, a cloud's metadata service",
        "fd00:ec2::254, a cloud's metadata service",
        "100.100.100.200, a cloud's metadata service",
        "168.63.129.16, a cloud's metadata service",
        "192.0.0.192, a cloud's metadata service",
        "fe80::1, a link-local address",
        "febf:ffff::1, a link-local address",
        "fc00::1, a unique local address",
        "fdff:ffff::1, a unique local address",
        "fec0::1, a site-local address",
        "224.0.0.1, a multicast address",
        "ff02::1, a multicast address",
        "255.255.255.255, a reserved address",
        // IPv4 within IPv6: mapped, compatible, translated, 6to4
        "::ffff:127.0.0.1, a loopback address",
        "::ffff:169.254.169.254, a cloud's metadata service",
        "::127.0.0.1, a loopback address",
        "64:ff9b::169.254.169.254, a cloud's metadata service",
        "64:ff9b:1::7f00:1, a loopback address",
        "2002:a9fe:a9fe::1, a cloud's metadata service"
    })
    void refusesWhatLeadsIntoThisMachineOrToItsCloud(String address, String kind) throws UnknownHostException {
        assertThat(policy.refusal(InetAddress.getByName(address))).isEqualTo(kind);
    }

    /** Java turns mapped addresses into IPv4 on most ways, not on all. */
    @Test
    void mappedAddressIsWhatItCarriesAlsoAsSixteenBytes() throws UnknownHostException {
        byte[] bytes = new byte[16];
        bytes[10] = bytes[11] = (byte) 0xff;
        bytes[12] = 127;
        bytes[15] = 1;
        InetAddress address = Inet6Address.getByAddress("mapped", bytes, 0);
        assertThat(address.getAddress()).hasSize(16);
        assertThat(policy.refusal(address)).isEqualTo("a loopback address");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "93.184.216.34",
                "10.1.2.3",
                "172.16.0.1",
                "192.168.1.1",
                "100.64.0.1",
                "126.255.255.255",
                "128.0.0.1",
                "169.253.255.255",
                "169.255.0.0",
                "2606:2800:220:1::1",
                "::ffff:93.184.216.34",
                "64:ff9b::93.184.216.34",
                "fe00::1",
                "2002:5db8:d822::1"
            })
    void letsOthersPass(String address) throws UnknownHostException {
        assertThat(policy.refusal(InetAddress.getByName(address))).isNull();
    }

    @Test
    void whatConfigurationAllowsPassesAndNothingBesideIt() throws UnknownHostException {
        AddressPolicy some =
                new AddressPolicy(List.of(AddressRange.parse("127.0.0.0/30"), AddressRange.parse("fd12:3456::/32")));
        assertThat(some.refusal(InetAddress.getByName("127.0.0.3"))).isNull();
        assertThat(some.refusal(InetAddress.getByName("::ffff:127.0.0.3"))).isNull();
        assertThat(some.refusal(InetAddress.getByName("127.0.0.4"))).isNotNull();
        assertThat(some.refusal(InetAddress.getByName("fd12:3456:ffff::1"))).isNull();
        assertThat(some.refusal(InetAddress.getByName("fd12:3457::1"))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1/33", "::1/129", "127.0.0.1/x", "", "10.0.0.0/-1", "300.1.1.1"})
    void unreadableRangeIsRefused(String range) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(range))
                .withMessageContaining("127.0.0.1/32");
    }

    @Test
    void nameThatResolvesToARefusedAddressIsNotConnectedTo() {
        CheckedNames names = new CheckedNames(policy);
        org.assertj.core.api.Assertions.assertThatExceptionOfType(CheckedNames.RefusedAddressException.class)
                .isThrownBy(() -> names.resolve("localhost"))
                .withMessageContaining("localhost is at")
                .withMessageContaining("millrace.sinks.webhook.allowed-addresses");
    }
}
