package io.millrace.localstack;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What a service may do while it is prepared. */
interface Workshop {

    /** Says what takes time. */
    void say(String message);

    /** Runs a program of the service to its end, its output in the service's log. */
    void run(List<String> command, Map<String, String> environment, Duration timeout) throws InterruptedException;
}
