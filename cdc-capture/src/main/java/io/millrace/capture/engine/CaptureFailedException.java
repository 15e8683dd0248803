package io.millrace.capture.engine;

import io.millrace.catalog.SourceGap;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;

/** Why a capture ended by itself. */
final class CaptureFailedException extends Exception {

    CaptureFailedException(Throwable cause) {
        super(text(cause), cause);
    }

    /** Waiting does not make a row smaller. */
    boolean isFinal() {
        for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTooLargeException) {
                return true;
            }
        }
        return false;
    }

    /** Returns what may be missing, where the source is not the one that was captured before. */
    SourceGap.@Nullable Finding gap() {
        for (Throwable cause = getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof HistoryDivergedException diverged) {
                return diverged.gap();
            }
        }
        return null;
    }

    static String text(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }
}
