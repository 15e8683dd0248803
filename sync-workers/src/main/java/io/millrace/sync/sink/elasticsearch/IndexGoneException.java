package io.millrace.sync.sink.elasticsearch;

import io.millrace.sync.sink.ErrorCategory;
import io.millrace.sync.sink.SinkException;

/** What was to be read is no index and no alias any more: the indexes of a table were changed meanwhile, or somebody deleted one. */
final class IndexGoneException extends SinkException {

    IndexGoneException(String index, Throwable cause) {
        super(ErrorCategory.RETRYABLE, "Elasticsearch has no " + index + " any more: " + cause.getMessage(), cause);
    }
}
