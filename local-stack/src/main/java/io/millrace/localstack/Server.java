package io.millrace.localstack;

import java.util.List;
import java.util.Map;

/** What is particular to one service: how it is prepared, started and asked whether it works. */
interface Server {

    /** Makes everything ready that the command needs; called before every start, so must not repeat what is there. */
    void prepare(Workshop workshop) throws Exception;

    /** The program that is the service, to be run in the foreground. */
    List<String> command();

    /** What the program needs in its environment. */
    default Map<String, String> environment() {
        return Map.of();
    }

    /**
     * Whether this very service answers, not a stranger on its port.
     *
     * @throws Exception when it does not answer yet, saying why
     */
    boolean answers() throws Exception;

    /** What is still missing once it answers. */
    default void complete() throws Exception {}
}
