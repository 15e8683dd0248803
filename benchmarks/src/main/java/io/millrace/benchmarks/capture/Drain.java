package io.millrace.benchmarks.capture;

import java.util.Map;

/**
 * One drain of the backlog.
 *
 * @param changes how many
 * @param seconds from the first moment that the server sent until all were where they should be
 * @param program CPU microseconds of the contestant's own process
 * @param walsender of the server process that decoded and sent
 * @param postgres of all of PostgreSQL, the former included
 * @param broker of Kafka's process
 * @param threads of the contestant's, by name
 */
record Drain(
        int changes,
        double seconds,
        double program,
        double walsender,
        double postgres,
        double broker,
        Map<String, Double> threads) {

    double rate() {
        return changes / seconds;
    }

    /** Returns the CPU microseconds of all processes for one change. */
    double micros() {
        return each(program + postgres + broker);
    }

    double each(double micros) {
        return micros / changes;
    }
}
