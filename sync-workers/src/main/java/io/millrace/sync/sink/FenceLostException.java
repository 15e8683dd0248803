package io.millrace.sync.sink;

/**
 * Another worker moved a partition's offset on: nothing of the batch was written. The stored offsets are the truth; delivery reads
 * them again.
 */
public final class FenceLostException extends SinkException {

    public FenceLostException(String message) {
        super(ErrorCategory.RETRYABLE, message, null);
    }
}
