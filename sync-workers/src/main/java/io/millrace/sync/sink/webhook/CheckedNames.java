package io.millrace.sync.sink.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Looks names up for each new connection and hands out only addresses that may be used. The connection is made to just these, so a
 * name that answers differently a moment later changes nothing.
 */
final class CheckedNames implements DnsResolver {

    /** A name that may not be used for what it resolves to. */
    static final class RefusedAddressException extends UnknownHostException {
        private static final long serialVersionUID = 1L;

        RefusedAddressException(String message) {
            super(message);
        }
    }

    private final AddressPolicy policy;

    CheckedNames(AddressPolicy policy) {
        this.policy = policy;
    }

    /** All addresses must be fit for use: a name that mixes them is suspect as a whole. */
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        List<InetAddress> found = new ArrayList<>(List.of(InetAddress.getAllByName(host)));
        for (InetAddress address : found) {
            String kind = policy.refusal(address);
            if (kind != null) {
                throw new RefusedAddressException(host + " is at " + address.getHostAddress() + ", " + kind
                        + ": changes are not sent there. Where that is wanted, add the address to"
                        + " millrace.sinks.webhook.allowed-addresses");
            }
        }
        return found.toArray(InetAddress[]::new);
    }

    @Override
    public String resolveCanonicalHostname(String host) throws UnknownHostException {
        return InetAddress.getByName(host).getCanonicalHostName();
    }
}
