package io.millrace.sync.delivery;

import static org.awaitility.Awaitility.await;

import io.millrace.catalog.PipelineCatalog;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

class DeliveriesTests {

    @Test
    void errorInALookAtTheCatalogDoesNotEndTheLooks() {
        AtomicInteger looks = new AtomicInteger();
        PipelineCatalog catalog = (PipelineCatalog) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {PipelineCatalog.class}, (proxy, method, arguments) -> {
                    looks.incrementAndGet();
                    throw new NoClassDefFoundError("The test wants an Error");
                });
        Deliveries deliveries = new Deliveries(catalog, null, null, List.of(), properties());
        deliveries.start();
        try {
            await().until(() -> looks.get() >= 3);
        } finally {
            deliveries.stop();
        }
    }

    private static DeliveryProperties properties() {
        return new DeliveryProperties(
                "test",
                1,
                1,
                DataSize.ofMegabytes(1),
                DataSize.ofMegabytes(1),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                Duration.ofSeconds(6),
                Duration.ofMillis(10),
                Duration.ofMillis(10),
                1,
                Duration.ofSeconds(1));
    }
}
