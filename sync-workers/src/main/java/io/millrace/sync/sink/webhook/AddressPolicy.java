package io.millrace.sync.sink.webhook;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses changes may be sent to. A receiver's name belongs to somebody else, and can point into this machine or at the
 * credentials that a cloud hands out at a fixed address; those are refused unless configuration allows them.
 */
final class AddressPolicy {

    private static final Map<AddressRange, String> REFUSED = refused();

    /** IPv6 ranges that carry an IPv4 address, and where in the 16 bytes it stands: such an address is what it carries. */
    private static final Map<AddressRange, Integer> CARRIERS = Map.of(
            AddressRange.parse("::/96"),
            12,
            new AddressRange(mapped(), 96),
            12,
            AddressRange.parse("64:ff9b::/96"),
            12,
            AddressRange.parse("64:ff9b:1::/48"),
            12,
            AddressRange.parse("2002::/16"),
            2);

    private final List<AddressRange> allowed;

    AddressPolicy(List<AddressRange> allowed) {
        this.allowed = List.copyOf(allowed);
    }

    private static Map<AddressRange, String> refused() {
        Map<AddressRange, String> all = new LinkedHashMap<>();
        // metadata services of Amazon, Google, Azure and others; of Amazon over IPv6; of Alibaba; of Oracle; Azure's
        // host
        for (String address : List.of(
                "169.254.169.254",
                "169.254.170.2",
                "fd00:ec2::254",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16")) {
            all.put(AddressRange.parse(address), "a cloud's metadata service");
        }
        all.put(AddressRange.parse("127.0.0.0/8"), "a loopback address");
        all.put(AddressRange.parse("::1"), "a loopback address");
        all.put(AddressRange.parse("169.254.0.0/16"), "a link-local address");
        all.put(AddressRange.parse("fe80::/10"), "a link-local address");
        all.put(AddressRange.parse("fc00::/7"), "a unique local address");
        all.put(AddressRange.parse("fec0::/10"), "a site-local address");
        all.put(AddressRange.parse("0.0.0.0/8"), "an address of this machine");
        all.put(AddressRange.parse("::"), "an address of this machine");
        all.put(AddressRange.parse("224.0.0.0/4"), "a multicast address");
        all.put(AddressRange.parse("ff00::/8"), "a multicast address");
        all.put(AddressRange.parse("240.0.0.0/4"), "a reserved address");
        return all;
    }

    /** {@code ::ffff:0:0}, which Java does not give as sixteen bytes. */
    private static byte[] mapped() {
        byte[] start = new byte[16];
        start[10] = (byte) 0xff;
        start[11] = (byte) 0xff;
        return start;
    }

    /** Returns what kind of address it is that may not be used; null if it may. */
    @Nullable
    String refusal(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (allowed.stream().anyMatch(range -> range.contains(bytes))) {
            return null;
        }
        String kind = kind(bytes);
        if (kind != null) {
            return kind;
        }
        for (Map.Entry<AddressRange, Integer> carrier : CARRIERS.entrySet()) {
            if (carrier.getKey().contains(bytes)) {
                byte[] carried = Arrays.copyOfRange(bytes, carrier.getValue(), carrier.getValue() + 4);
                return allowed.stream().anyMatch(range -> range.contains(carried)) ? null : kind(carried);
            }
        }
        return null;
    }

    private static @Nullable String kind(byte[] address) {
        return REFUSED.entrySet().stream()
                .filter(range -> range.getKey().contains(address))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(null);
    }
}
