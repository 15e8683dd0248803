package io.millrace.sync.sink.webhook;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends one request and says what came of it. Follows no redirect, repeats nothing, keeps no cookies, goes through no proxy, and
 * connects only to addresses that {@link CheckedNames} let pass. Thread-safe.
 *
 * <p>Answers are told by their status alone: their bodies may quote what was sent, and are not kept.
 */
final class Receiver implements AutoCloseable {

    private static final ContentType TYPE = ContentType.create(CloudEvent.CONTENT_TYPE, "UTF-8");
    /** So much of an answer's body is read for the connection to be used again. */
    private static final int MOST_BODY = 64 * 1024;
    /** Name changes take effect after this time at the latest. */
    private static final TimeValue CONNECTION_LIFE = TimeValue.ofMinutes(5);

    private final WebhookSinkProperties.Target target;
    private final WebhookSinkProperties properties;
    private final HttpHost host;
    private final CloseableHttpClient http;
    private final CheckedNames names;
    private final NoAnswer noAnswer;
    private final ScheduledThreadPoolExecutor deadlines;

    Receiver(WebhookSinkProperties.Target target, WebhookSinkProperties properties) {
        this.target = target;
        this.properties = properties;
        this.host = HttpHost.create(target.url());
        this.names = new CheckedNames(properties.addresses());
        this.noAnswer = new NoAnswer(target.place(), properties.requestTimeout());
        Timeout connect = Timeout.of(properties.connectTimeout());
        Timeout silence = Timeout.of(properties.requestTimeout());
        this.http = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(names)
                        .setMaxConnPerRoute(properties.maxInFlight())
                        .setMaxConnTotal(properties.maxInFlight())
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(connect)
                                .setSocketTimeout(silence)
                                .setTimeToLive(CONNECTION_LIFE)
                                .setValidateAfterInactivity(TimeValue.ofMilliseconds(500))
                                .build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(silence)
                        .setResponseTimeout(silence)
                        .build())
                .setRequestExecutor(new RequestsInTime())
                .setUserAgent("Millrace")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
        this.deadlines = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "sync-" + target.sink() + "-deadlines");
            thread.setDaemon(true);
            return thread;
        });
        deadlines.setRemoveOnCancelPolicy(true);
    }

    String place() {
        return target.place();
    }

    /** Returns the time after which a request has ended, counted from when its change was claimed, whatever the receiver does. */
    Duration longest() {
        return properties.connectTimeout().plus(properties.requestTimeout());
    }

    /**
     * Looks the receiver's name up.
     *
     * @throws UnknownHostException if it has none, or one that may not be used
     */
    void lookUp() throws UnknownHostException {
        names.resolve(host.getHostName());
    }

    /** @param claimedAt when the change was claimed, as {@link System#nanoTime} */
    Answer send(String eventId, byte[] body, long claimedAt) {
        HttpPost request = new HttpPost(target.url());
        long timestamp = Instant.now().getEpochSecond();
        for (Map.Entry<String, String> header : target.headers().entrySet()) {
            request.setHeader(header.getKey(), header.getValue());
        }
        request.setHeader(Signature.ID, eventId);
        request.setHeader(Signature.TIMESTAMP, Long.toString(timestamp));
        request.setHeader(Signature.SIGNATURE, target.signature().sign(eventId, timestamp, body));
        request.setEntity(new ByteArrayEntity(body, TYPE));
        long until = claimedAt + longest().toNanos();
        HttpClientContext context = HttpClientContext.create();
        context.setAttribute(RequestsInTime.UNTIL, until);
        // the socket's timeout starts anew with each byte; this one does not
        ScheduledFuture<?> deadline =
                deadlines.schedule(request::cancel, until - System.nanoTime(), TimeUnit.NANOSECONDS);
        ClassicHttpResponse response = null;
        try {
            response = http.executeOpen(host, request, context);
            return answer(response);
        } catch (IOException e) {
            return noAnswer.to(e, request.isCancelled());
        } catch (IllegalStateException | NullPointerException e) {
            // what the client says, or stumbles over, where a request is cancelled while its connection is made
            if (request.isCancelled()) {
                return noAnswer.inTime();
            }
            throw e;
        } finally {
            finish(response);
            deadline.cancel(false);
        }
    }

    private Answer answer(ClassicHttpResponse response) {
        int status = response.getCode();
        String said = target.place() + " answered " + status;
        if (status >= 200 && status < 300) {
            return new Answer.Accepted();
        }
        if (status >= 300 && status < 400) {
            return new Answer.Unavailable(
                    said + ", a redirect, which is not followed: put where it really is into the setting url",
                    null,
                    true);
        }
        Header header = response.getFirstHeader("Retry-After");
        Duration wait = RetryAfter.read(
                        header == null ? null : header.getValue(), Instant.now(), properties.retryAfterMax())
                .orElse(null);
        return switch (status) {
            case 408, 425 -> new Answer.Unavailable(said, wait, false);
            case 429, 503 -> new Answer.Unavailable(said, wait, true);
            case 410 ->
                new Answer.Gone(said + ": it wants no changes any more. Ask its owner, then resume the binding");
            default ->
                status >= 400 && status < 500
                        ? new Answer.Refused(said)
                        : new Answer.Unavailable(said, wait, wait != null);
        };
    }

    /** Reads what is left of an answer, so that its connection serves again; gives the connection up where that is much. */
    private static void finish(@Nullable ClassicHttpResponse response) {
        if (response == null) {
            return;
        }
        try (response) {
            HttpEntity entity = response.getEntity();
            if (entity != null) {
                InputStream content = entity.getContent();
                content.readNBytes(MOST_BODY);
            }
        } catch (IOException e) {
            // the status said it all
        }
    }

    @Override
    public void close() throws IOException {
        deadlines.shutdownNow();
        http.close();
    }
}
