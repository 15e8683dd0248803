package io.millrace.benchmarks.sinks;

/** A sink's service, and the fastest way to write into it what the sink has just written. */
interface Rival extends AutoCloseable {

    /** Returns the sink's name. */
    String sink();

    /** Returns what the floor is, in a few words. */
    String floorName();

    /** Returns the share of the floor's rate that the sink should reach. */
    double goal();

    /** Returns whether the sink should be faster than the floor, since it leaves out what a later change replaces. */
    default boolean beatsFloor(Workload workload) {
        return false;
    }

    /**
     * Checks that the service holds the backlog.
     *
     * @throws io.millrace.standalone.Refusal if it does not: then there is a fault, and no figure
     */
    void verify(Workload workload) throws Exception;

    /** Writes the same, and returns how many per second. Behind {@link #verify}, before {@link #empty}. */
    double floor(Workload workload) throws Exception;

    /** Takes out what sink and floor have written. */
    void empty(Workload workload) throws Exception;

    @Override
    default void close() {}
}
