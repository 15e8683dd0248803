package io.millrace.sync.sink.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/** A CIDR range of addresses, {@code 10.0.0.0/8} or {@code fc00::/7}; one address where the length is left out. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record AddressRange(byte[] start, int length) {

    private static final Pattern LITERAL = Pattern.compile("[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    /**
     * Reads a range. Names are not looked up: what they mean could change.
     *
     * @throws IllegalArgumentException if it is none
     */
    static AddressRange parse(String text) {
        int slash = text.indexOf('/');
        String address = (slash < 0 ? text : text.substring(0, slash)).strip();
        try {
            if (LITERAL.matcher(address).matches()) {
                byte[] start = InetAddress.getByName(address).getAddress();
                int length = slash < 0
                        ? start.length * 8
                        : Integer.parseInt(text.substring(slash + 1).strip());
                if (length >= 0 && length <= start.length * 8) {
                    return new AddressRange(start, length);
                }
            }
        } catch (UnknownHostException | NumberFormatException e) {
            throw notOne(text, e);
        }
        throw notOne(text, null);
    }

    private static IllegalArgumentException notOne(String text, @org.jspecify.annotations.Nullable Throwable cause) {
        return new IllegalArgumentException(
                "'" + text + "' is no range of addresses; write it like 127.0.0.1/32 or fd00::/8", cause);
    }

    boolean contains(byte[] address) {
        if (address.length != start.length) {
            return false;
        }
        for (int bit = 0; bit < length; bit++) {
            int mask = 0x80 >> (bit & 7);
            if ((address[bit >> 3] & mask) != (start[bit >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
