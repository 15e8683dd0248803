package io.millrace.standalone;

import io.millrace.catalog.PipelineCatalog;
import io.millrace.standalone.StandaloneProperties.SourceProperties;
import io.millrace.standalone.demo.DemoShop;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** From apps that run to changes that flow: the source and the demo's tables are registered, a barrier passes, the shop opens. */
final class FirstFlow {

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

    /**
     * Returns when a barrier has passed. Does not give up: what is down is waited for, the rest goes on meanwhile, and the web pages are
     * there to see and to mend it.
     *
     * @param url of the web pages
     */
    void await(Api api, String url) throws Exception {
        steps.step("Waiting until a change can flow");
        String last = "";
        while (true) {
            String behind;
            try {
                Api.Answer answer = api.barrier(BARRIER_PATIENCE);
                if (answer.ok()) {
                    return;
                }
                behind = answer.problem().replaceFirst("^After [0-9]+ ms: ", "");
            } catch (Refusal e) {
                // a busy machine may be late with the answer itself
                behind = String.valueOf(e.getMessage());
                TimeUnit.SECONDS.sleep(1);
            }
            if (!behind.equals(last) && !shutdown.begun()) {
                steps.step("Still waiting: " + behind + (last.isEmpty() ? " (the web pages are up: " + url + ")" : ""));
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
