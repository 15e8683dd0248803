package io.millrace.sync.sink.webhook;

import java.io.IOException;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.protocol.HttpContext;

/**
 * Looks once more what time it is before the first byte of a request, when its connection is there. A process that stood still (SIGSTOP, a
 * long pause) since it claimed the change may find that another worker has sent it by now, and the next of its row: on waking it must not
 * send the old one. What stays open is the moment between this look and the socket. HTTP has no fence that would close it: a receiver
 * tells by {@code webhook-id} and {@code sequence}.
 */
final class RequestsInTime extends HttpRequestExecutor {

    /** In the request's context: until when it may be on its way, a Long as {@link System#nanoTime}. */
    static final String UNTIL = "millrace.until";

    /** A request that was not begun. */
    static final class TooLateException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLateException() {
            super("The change was claimed so long ago that another worker may be about it by now: it is claimed anew");
        }
    }

    @Override
    public ClassicHttpResponse execute(
            ClassicHttpRequest request,
            HttpClientConnection connection,
            HttpResponseInformationCallback informationCallback,
            HttpContext context)
            throws IOException, HttpException {
        if (System.nanoTime() - (Long) context.getAttribute(UNTIL) >= 0) {
            throw new TooLateException();
        }
        return super.execute(request, connection, informationCallback, context);
    }
}
