package io.millrace.sync.sink.webhook;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the webhooks. Each receiver is a sink of its own: {@code webhook} where {@code url} is set, and {@code webhook-NAME} for
 * each of {@code endpoints}.
 *
 * @param url where the only receiver is; null where there is none, or several
 * @param secret what its requests are signed with, {@code whsec_<base64>}
 * @param previousSecret signs as well while a secret is being changed; null otherwise
 * @param headers sent with each request, for example Authorization
 * @param endpoints more receivers, by name
 * @param maxInFlight most requests at a time, per receiver; of one row there is never more than one
 * @param connectTimeout for a connection, TLS included
 * @param requestTimeout for one request, from its first byte until its answer
 * @param retryAfterMax how long a receiver's Retry-After is heeded at most
 * @param allowedAddresses CIDR ranges that are used although they are loopback, link-local, unique local or a metadata service
 */
// for the list of known settings: the sinks' registrar binds it, as beans are made from it
@ConfigurationProperties(WebhookSinkProperties.PREFIX)
record WebhookSinkProperties(
        @Nullable String url,
        @Nullable String secret,
        @Nullable String previousSecret,
        @DefaultValue Map<String, String> headers,
        @DefaultValue Map<String, Endpoint> endpoints,
        @DefaultValue("16") int maxInFlight,
        @DefaultValue("2s") Duration connectTimeout,
        @DefaultValue("10s") Duration requestTimeout,
        @DefaultValue("1h") Duration retryAfterMax,
        @DefaultValue List<String> allowedAddresses) {

    static final String PREFIX = "millrace.sinks.webhook";

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,30}");
    private static final String SINK = "webhook";

    WebhookSinkProperties {
        require(maxInFlight >= 1 && maxInFlight <= 256, ".max-in-flight must be from 1 to 256, not " + maxInFlight);
        positive("connect-timeout", connectTimeout);
        positive("request-timeout", requestTimeout);
        headers = Map.copyOf(headers);
        endpoints = Map.copyOf(endpoints);
        allowedAddresses = List.copyOf(allowedAddresses);
    }

    /** A receiver; the parameters as above. */
    record Endpoint(
            @Nullable String url,
            @Nullable String secret,
            @Nullable String previousSecret,
            @DefaultValue Map<String, String> headers) {

        /** Says nothing of what is secret. */
        @Override
        public String toString() {
            return "Endpoint";
        }
    }

    /** A receiver, checked. */
    record Target(String sink, URI url, Signature signature, Map<String, String> headers) {

        /** Returns where it is, without what may be secret in a path or a query. */
        String place() {
            return url.getScheme() + "://" + url.getAuthority();
        }
    }

    /**
     * Returns all receivers.
     *
     * @throws IllegalArgumentException if one is not well described; the message says which and how
     */
    List<Target> targets() {
        Map<String, Endpoint> all = new LinkedHashMap<>();
        if (url != null && !url.isBlank()) {
            all.put("", new Endpoint(url, secret, previousSecret, headers));
        }
        all.putAll(new java.util.TreeMap<>(endpoints));
        List<Target> targets = new ArrayList<>();
        all.forEach((name, endpoint) -> targets.add(target(name, endpoint)));
        return targets;
    }

    AddressPolicy addresses() {
        try {
            return new AddressPolicy(
                    allowedAddresses.stream().map(AddressRange::parse).toList());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(PREFIX + ".allowed-addresses: " + e.getMessage(), e);
        }
    }

    private static Target target(String name, Endpoint endpoint) {
        String key = name.isEmpty() ? "" : ".endpoints." + name;
        require(
                name.isEmpty() || NAME.matcher(name).matches(),
                key + ": a name is lower-case letters, digits and '-', at most 31, and begins with a letter");
        String secret = endpoint.secret();
        require(
                secret != null && !secret.isBlank(),
                key + ".secret is missing: receivers tell by the signature that a"
                        + " change is Millrace's; make one with: echo whsec_$(openssl rand -base64 32)");
        List<String> secrets = new ArrayList<>(List.of(String.valueOf(secret)));
        String previous = endpoint.previousSecret();
        if (previous != null && !previous.isBlank()) {
            secrets.add(previous);
        }
        try {
            return new Target(
                    name.isEmpty() ? SINK : SINK + "-" + name,
                    url(key, endpoint.url()),
                    Signature.of(secrets),
                    Map.copyOf(endpoint.headers()));
        } catch (IllegalArgumentException e) {
            String said = String.valueOf(e.getMessage());
            throw new IllegalArgumentException(said.startsWith(PREFIX) ? said : PREFIX + key + ".secret: " + said, e);
        }
    }

    private static URI url(String key, @Nullable String text) {
        String wrong = key + ".url must be like https://receiver.example.org/changes, without a user name";
        require(text != null, wrong);
        URI url;
        try {
            url = URI.create(String.valueOf(text).strip());
        } catch (IllegalArgumentException e) {
            // the message would quote it, and it may hold a token
            throw new IllegalArgumentException(PREFIX + wrong);
        }
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        boolean web = scheme.equals("https") || scheme.equals("http");
        require(web && url.getHost() != null && url.getUserInfo() == null && url.getFragment() == null, wrong);
        return url;
    }

    private static void positive(String key, Duration value) {
        require(!value.isNegative() && !value.isZero(), "." + key + " must be longer than nothing, not " + value);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(PREFIX + message);
        }
    }

    /** Says nothing of what is secret. */
    @Override
    public String toString() {
        return "WebhookSinkProperties" + endpoints.keySet();
    }
}
