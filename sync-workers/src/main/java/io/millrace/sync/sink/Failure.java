package io.millrace.sync.sink;

/**
 * One change of a batch that was not applied, while others were.
 *
 * @param index of the change in {@link SinkBatch#changes()}
 * @param category what is to be done
 * @param cause in the service's words, for people; holds no values of the row
 */
public record Failure(int index, ErrorCategory category, String cause) {}
