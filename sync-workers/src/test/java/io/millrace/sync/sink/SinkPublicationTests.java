package io.millrace.sync.sink;

import static org.awaitility.Awaitility.await;

import io.millrace.catalog.PipelineCatalog;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SinkPublicationTests {

    @Test
    void errorDoesNotEndThePublication() {
        AtomicInteger calls = new AtomicInteger();
        PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, arguments) -> {
                    if (calls.incrementAndGet() == 1) {
                        throw new NoClassDefFoundError("The test wants an Error");
                    }
                    return null;
                });
        SinkPublication publication = new SinkPublication(catalog, List.of());
        publication.start();
        try {
            await().until(() -> calls.get() == 2);
        } finally {
            publication.stop();
        }
    }
}
