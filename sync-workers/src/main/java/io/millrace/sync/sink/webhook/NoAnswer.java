package io.millrace.sync.sink.webhook;

import io.millrace.sync.sink.webhook.CheckedNames.RefusedAddressException;
import io.millrace.sync.sink.webhook.RequestsInTime.TooLateException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;

/**
 * Tells what a request without an answer means. Where no connection came about every change would fare the same; a receiver that was
 * connected to may have trouble with this one alone.
 *
 * @param place where the receiver is, for people
 * @param timeout how long an answer is waited for
 */
record NoAnswer(String place, Duration timeout) {

    /** @param late whether it was given up because its time was over */
    Answer to(IOException e, boolean late) {
        if (e instanceof RefusedAddressException) {
            return all(String.valueOf(e.getMessage()));
        }
        if (e instanceof UnknownHostException) {
            return all(place + " cannot be reached: its name is not known");
        }
        if (e instanceof SSLException) {
            return all(place + " cannot be trusted: " + e.getMessage());
        }
        if (e instanceof ConnectException
                || e instanceof ConnectTimeoutException
                || e instanceof NoRouteToHostException) {
            return all(place + " cannot be reached: " + e.getMessage());
        }
        if (e instanceof TooLateException) {
            return one(String.valueOf(e.getMessage()));
        }
        return late || e instanceof SocketTimeoutException
                ? inTime()
                : one(place + " gave no answer: " + e.getMessage());
    }

    /** Of one that was given up because its time was over. */
    Answer inTime() {
        return one(place + " did not answer within " + timeout.toMillis() + " ms");
    }

    private static Answer all(String reason) {
        return new Answer.Unavailable(reason, null, true);
    }

    private static Answer one(String reason) {
        return new Answer.Unavailable(reason, null, false);
    }
}
