package io.millrace.localstack;

/** Hears what the services are doing. Called from several threads, never from two at a time. */
@FunctionalInterface
public interface ProgressListener {

    /** For those who do not want to hear. */
    ProgressListener SILENT = progress -> {};

    /** Must return quickly: a service waits for it. */
    void onProgress(ServiceProgress progress);
}
