package io.millrace.standalone;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.standalone.StandaloneProperties.SourceProperties;
import io.millrace.standalone.demo.DemoShop;
import java.time.Duration;

/** From apps that run to changes that flow: the source and the demo's tables are registered, a barrier passes, the shop opens. */
final class FirstFlow {

    private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration BARRIER_PATIENCE = Duration.ofSeconds(10);

    private final StandaloneProperties standalone;
    private final Steps steps;
    private final Shutdown shutdown;

    FirstFlow(StandaloneProperties standalone, Steps steps, Shutdown shutdown) {
        this.standalone = standalone;
        this.steps = steps;
        this.shutdown = shutdown;
    }

    /**
     * Registers what is not registered yet.
     *
     * @param prepareShop whether the shop's tables are still to be made
     */
    void register(PipelineCatalog catalog, boolean prepareShop) throws Exception {
        SourceProperties source = standalone.source();
        if (source == null) {
            return;
        }
        Registration registration = new Registration(catalog, source);
        if (registration.source()) {
            steps.step("Source " + source.name() + ": registered");
        }
        if (standalone.demo()) {
            if (prepareShop) {
                new DemoShop(registration.jdbcUrl(), source.username(), source.password()).prepare();
            }
            int registered = registration.tables(DemoShop.TABLES);
            if (registered > 0) {
                steps.step("Tables of the demo shop: " + registered + " registered for all sinks");
            }
        }
    }

    /** Returns when a barrier has passed. */
    void await(Api api) throws Exception {
        steps.step("Waiting until a change can flow");
        long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
        String last = "";
        while (true) {
            Api.Answer answer = api.barrier(BARRIER_PATIENCE);
            if (answer.ok()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new Refusal("Nothing flows after " + READY_TIMEOUT.toMinutes() + " minutes: " + answer.problem());
            }
            String behind = answer.problem().replaceFirst("^After [0-9]+ ms: ", "");
            if (!behind.equals(last) && !shutdown.begun()) {
                steps.step("Still waiting: " + behind);
                last = behind;
            }
        }
    }

    /** Has the shop trade, where there is one, until the shutdown. */
    void openShop() {
        SourceProperties source = standalone.source();
        if (standalone.demo() && source != null) {
            String url = "jdbc:postgresql://" + source.host() + ":" + source.port() + "/" + source.database();
            shutdown.add("Closing the shop", new DemoShop(url, source.username(), source.password()).trade());
        }
    }
}
